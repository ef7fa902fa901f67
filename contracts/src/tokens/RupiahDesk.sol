// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRupiahDesk} from "./IRupiahDesk.sol";
import {IRupiahToken} from "./IRupiahToken.sol";

/// @title IDRS for other tokens, at a rate that the issuer posts
/// @notice Mints under the issuer's role, never more than the caps that the issuer posted.
///
/// | slot | variable            | bits, lowest first                         |
/// |------|---------------------|--------------------------------------------|
/// | 1    | `treasury`          | 160                                        |
/// | 1    | `paused`            | 8                                          |
/// | 2    | `purchases`         | 256                                        |
/// | 3    | `_rates[token]`     | idrsPerToken 128, until 40, decimals 8     |
/// | 3    | `_rates[token]` + 1 | remainingIdrs 128                          |
contract RupiahDesk is IRupiahDesk, AccessManaged {
    using SafeERC20 for IERC20;

    /// @inheritdoc IRupiahDesk
    uint256 public constant LONGEST_RATE = 7 days;
    /// @dev 10^36 has 120 bits, amount times rate 256: nothing overflows.
    uint8 private constant MOST_DECIMALS = 36;

    IRupiahToken public immutable rupiahToken;

    /// @inheritdoc IRupiahDesk
    address public treasury;
    /// @inheritdoc IRupiahDesk
    bool public paused;
    /// @notice Purchases so far; makes each one's reference unique.
    uint256 public purchases;
    mapping(address token => Rate) private _rates;

    constructor(address accessManager, address rupiahToken_, address treasury_) AccessManaged(accessManager) {
        rupiahToken = IRupiahToken(rupiahToken_);
        _setTreasury(treasury_);
    }

    /// @inheritdoc IRupiahDesk
    function buy(
        address token,
        uint128 amount,
        uint128 minimumIdrs,
        address account
    ) external returns (uint128 idrs) {
        if (paused) revert DeskPaused();
        Rate storage posted = _rates[token];
        if (posted.idrsPerToken == 0) revert NoRate(token);
        if (block.timestamp > posted.until) revert RateEnded(token, posted.until, block.timestamp);
        if (amount == 0) revert ZeroPayment(token);
        if (account == address(0)) revert ZeroBuyer();

        uint256 boughtIdrs = (uint256(amount) * posted.idrsPerToken) / 10 ** posted.decimals;
        uint128 remainingIdrs = posted.remainingIdrs;
        if (boughtIdrs == 0) revert BuysNothing(token, amount);
        if (boughtIdrs < minimumIdrs) revert LessThanMinimum(token, boughtIdrs, minimumIdrs);
        if (boughtIdrs > remainingIdrs) revert CapExceeded(token, boughtIdrs, remainingIdrs);
        // No more than what remains, so it fits.
        idrs = uint128(boughtIdrs);
        posted.remainingIdrs = remainingIdrs - idrs;
        bytes32 purchase = keccak256(abi.encode(address(this), ++purchases));
        address treasury_ = treasury;

        emit RupiahBought(token, msg.sender, account, treasury_, amount, idrs);
        _collect(token, treasury_, amount);
        rupiahToken.deposit(account, idrs, purchase);
    }

    /// @inheritdoc IRupiahDesk
    function postRate(
        address token,
        uint128 idrsPerToken,
        uint40 until,
        uint128 capIdrs
    ) external restricted {
        uint8 decimals = _decimalsOf(token);
        if (decimals > MOST_DECIMALS) revert DecimalsOutOfRange(token, decimals, MOST_DECIMALS);
        if (idrsPerToken == 0) revert ZeroRate(token);
        if (capIdrs == 0) revert ZeroCap(token);
        uint256 latest = block.timestamp + LONGEST_RATE;
        if (until <= block.timestamp || until > latest) {
            revert RateOutOfTime(token, until, block.timestamp + 1, latest);
        }

        _rates[token] = Rate({
            idrsPerToken: idrsPerToken,
            until: until,
            decimals: decimals,
            remainingIdrs: capIdrs
        });

        emit RatePosted(token, idrsPerToken, until, decimals, capIdrs);
    }

    /// @inheritdoc IRupiahDesk
    function withdrawRate(address token) external restricted {
        if (_rates[token].idrsPerToken == 0) revert NoRate(token);

        delete _rates[token];

        emit RateWithdrawn(token);
    }

    /// @inheritdoc IRupiahDesk
    function setPaused(bool paused_) external restricted {
        paused = paused_;

        emit PauseChanged(paused_);
    }

    /// @inheritdoc IRupiahDesk
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IRupiahDesk
    function rate(address token) external view returns (Rate memory) {
        return _rates[token];
    }

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroTreasury();

        treasury = treasury_;

        emit TreasuryChanged(treasury_);
    }

    /// @dev Exactly `amount` arrives or nothing is sold: a token that keeps a part, and one that calls back so that
    ///      another payment arrives meanwhile, are both found out.
    function _collect(address token, address to, uint128 amount) private {
        uint256 balanceBefore = IERC20(token).balanceOf(to);
        IERC20(token).safeTransferFrom(msg.sender, to, amount);
        uint256 balanceAfter = IERC20(token).balanceOf(to);
        if (balanceAfter < balanceBefore || balanceAfter - balanceBefore != amount) {
            revert WrongPayment(token, amount, balanceBefore, balanceAfter);
        }
    }

    function _decimalsOf(address token) private view returns (uint8) {
        if (token == address(rupiahToken) || token.code.length == 0) revert NotToken(token);
        try IERC20Metadata(token).decimals() returns (uint8 decimals) {
            return decimals;
        } catch {
            revert NotToken(token);
        }
    }
}
