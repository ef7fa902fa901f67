// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Balance, Balances} from "./Balance.sol";
import {IAccounts} from "./IEnergyMarket.sol";

/// @title Trading balances
/// @notice Every order, offer and trade draws on the same balance, one word an account. Accounts are numbered with 32
///         bits, so that orders and trades name them in a fifth of an address's room.
///
/// | slot       | variable            | bits, lowest first                                             |
/// |------------|---------------------|----------------------------------------------------------------|
/// | 0          | `_accounts[owner]`  | number 32, promisedWh 64, deliveredWh 64, ratings 32, stars 32 |
/// | 1          | `_accountCount`     | 32                                                             |
/// | 2          | `_owners[number]`   | 160; the address                                               |
/// | 4294967298 | `_balances[number]` | 256; a `Balance`: energy 128, cash 128                         |
///
/// @dev The market never holds more than 2^128 - 1 units of a token (see `_fetch`), and the balances add up to no more
///      than it holds, so no credit can overflow and no state of one account can make another's call revert.
///      Tokens are called before balances are read (pulls) or after they are written (withdrawals), so a token that
///      called back would find them settled; no fill calls a token at all.
abstract contract Accounts is IAccounts {
    using SafeERC20 for IERC20;

    /// @dev Reputation shares the word with the number, so that an account's first trade opens no other.
    struct Account {
        uint32 number;
        uint64 promisedWh;
        uint64 deliveredWh;
        uint32 ratings;
        uint32 stars;
    }

    IERC20 internal immutable _energyToken;
    IERC20 internal immutable _rupiahToken;
    address internal immutable _converter;

    mapping(address owner => Account) internal _accounts;
    uint32 internal _accountCount;
    // Indexed by account number: arrays of fixed size need no hashing.
    address[2 ** 32] internal _owners;
    Balance[2 ** 32] internal _balances;

    constructor(address converter_, address energyToken_, address rupiahToken_) {
        _converter = converter_;
        _energyToken = IERC20(energyToken_);
        _rupiahToken = IERC20(rupiahToken_);
    }

    /* WALLET */

    /// @inheritdoc IAccounts
    function deposit(uint128 energyWh, uint128 idrs) external {
        depositFor(msg.sender, energyWh, idrs);
    }

    /// @inheritdoc IAccounts
    function depositFor(address account, uint128 energyWh, uint128 idrs) public {
        if (energyWh == 0 && idrs == 0) revert NothingToMove();
        if (account == address(0)) revert ZeroAccount();

        _pull(msg.sender, account, _enroll(account), energyWh, idrs);
    }

    /// @inheritdoc IAccounts
    function withdraw(uint128 energyWh, uint128 idrs) external {
        if (energyWh == 0 && idrs == 0) revert NothingToMove();
        uint32 number = _accounts[msg.sender].number;
        Balance balance = _balances[number];
        if (energyWh > balance.energy() || idrs > balance.cash()) {
            revert InsufficientBalance(msg.sender, balance.energy(), balance.cash());
        }

        _balances[number] = balance - Balances.pack(energyWh, idrs);

        emit Withdrawn(msg.sender, energyWh, idrs);
        if (energyWh != 0) _energyToken.safeTransfer(msg.sender, energyWh);
        if (idrs != 0) _rupiahToken.safeTransfer(msg.sender, idrs);
    }

    /// @inheritdoc IAccounts
    function permit(address token, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        if (token != address(_energyToken) && token != address(_rupiahToken)) revert UnsupportedToken(token);

        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {
            return;
        } catch (bytes memory reason) {
            // Whoever saw the signature first may have used it; what the sender wanted by it is then there.
            if (IERC20(token).allowance(msg.sender, address(this)) < value) LowLevelCall.bubbleRevert(reason);
        }
    }

    /// @inheritdoc IAccounts
    function drawEnergy(address account, uint256 wattHours) external returns (uint256 drawnWh) {
        if (msg.sender != _converter) revert OnlyConverter(msg.sender);
        uint32 number = _accounts[account].number;
        Balance balance = _balances[number];
        uint128 free = balance.energy();
        // No more than `free`, so it fits.
        uint128 drawn = wattHours < free ? uint128(wattHours) : free;
        if (drawn == 0) return 0;

        _balances[number] = balance - Balances.pack(drawn, 0);

        emit EnergyDrawn(account, drawn);
        return drawn;
    }

    /// @inheritdoc IAccounts
    function creditEnergy(address account, uint128 wattHours) external {
        if (msg.sender != _converter) revert OnlyConverter(msg.sender);

        _credit(_enroll(account), wattHours, 0);

        emit EnergyCredited(account, wattHours);
    }

    /// @inheritdoc IAccounts
    function tradingBalance(address account) external view returns (uint128 energyWh, uint128 idrs) {
        Balance balance = _balances[_accounts[account].number];
        return (balance.energy(), balance.cash());
    }

    /* BALANCES */

    /// @dev The number of `owner`'s account, a new one for who never had one. Numbers count from 1.
    function _enroll(address owner) internal returns (uint32 number) {
        number = _accounts[owner].number;
        if (number == 0) number = _create(owner);
    }

    function _create(address owner) private returns (uint32 number) {
        if (_accountCount == type(uint32).max) revert TooManyAccounts();
        number = ++_accountCount;
        _accounts[owner].number = number;
        _owners[number] = owner;

        emit AccountOpened(owner, number);
    }

    /// @dev Fetches from `owner`'s wallet what the balance lacks, so that it holds at least this much.
    function _cover(address owner, uint32 number, uint128 energyWh, uint128 idrs) internal {
        Balance balance = _balances[number];
        uint128 energyMissing = energyWh > balance.energy() ? energyWh - balance.energy() : 0;
        uint128 cashMissing = idrs > balance.cash() ? idrs - balance.cash() : 0;
        if (energyMissing != 0 || cashMissing != 0) _pull(owner, owner, number, energyMissing, cashMissing);
    }

    /// @dev Fetches from `payer`'s wallet into the balance of `owner`, whose account has `number`.
    function _pull(address payer, address owner, uint32 number, uint128 energyWh, uint128 idrs) internal {
        if (energyWh != 0) _fetch(_energyToken, payer, energyWh);
        if (idrs != 0) _fetch(_rupiahToken, payer, idrs);

        _credit(number, energyWh, idrs);

        emit Deposited(owner, energyWh, idrs);
    }

    function _credit(uint32 number, uint128 energyWh, uint128 idrs) internal {
        _balances[number] = _balances[number] + Balances.pack(energyWh, idrs);
    }

    function _debit(uint32 number, uint128 energyWh, uint128 idrs) internal {
        _balances[number] = _balances[number] - Balances.pack(energyWh, idrs);
    }

    function _fetch(IERC20 token, address from, uint128 amount) private {
        token.safeTransferFrom(from, address(this), amount);
        if (token.balanceOf(address(this)) > type(uint128).max) revert BalanceOverflow(from);
    }
}
