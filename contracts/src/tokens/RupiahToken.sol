// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IRupiahToken} from "./IRupiahToken.sol";

/// @title The rupiah stablecoin (IDRS)
/// @dev Storage:
///
/// | slot | variable                       | bits, lowest first                                      |
/// |------|--------------------------------|---------------------------------------------------------|
/// | 9    | `withdrawalCount`              | 256                                                     |
/// | 10   | `bankReferenceUsed[reference]` | 8                                                       |
/// | 11   | `_withdrawals[id]`             | account 160, requestedAt 40, reclaimableAt 40, status 8 |
/// | 11   | `_withdrawals[id]` + 1         | amount 128                                              |
contract RupiahToken is IRupiahToken, ERC20, ERC20Permit, AccessManaged {
    /// @inheritdoc IRupiahToken
    uint256 public constant WITHDRAWAL_PATIENCE = 3 days;
    /// @inheritdoc IRupiahToken
    uint256 public constant CANCEL_NOTICE = 1 days;

    /// @notice Requests so far; the latest id.
    uint256 public withdrawalCount;
    /// @notice Bank transfers that were minted.
    mapping(bytes32 bankReference => bool) public bankReferenceUsed;
    mapping(uint256 withdrawalId => Withdrawal) private _withdrawals;

    constructor(
        address accessManager
    ) ERC20("EnerLink Rupiah", "IDRS") ERC20Permit("EnerLink Rupiah") AccessManaged(accessManager) {}

    /// @inheritdoc IRupiahToken
    function deposit(address account, uint128 amount, bytes32 bankReference) external restricted {
        if (amount == 0) revert ZeroAmount();
        if (bankReferenceUsed[bankReference]) revert BankReferenceUsed(bankReference);

        bankReferenceUsed[bankReference] = true;
        _mint(account, amount);

        emit Deposited(account, amount, bankReference);
    }

    /// @inheritdoc IRupiahToken
    function requestWithdrawal(
        uint128 amount,
        bytes32 bankReference
    ) external returns (uint256 withdrawalId) {
        if (amount == 0) revert ZeroAmount();

        withdrawalId = ++withdrawalCount;
        _withdrawals[withdrawalId] = Withdrawal({
            account: msg.sender,
            requestedAt: uint40(block.timestamp),
            reclaimableAt: 0,
            status: WithdrawalStatus.Requested,
            amount: amount
        });
        _transfer(msg.sender, address(this), amount);

        emit WithdrawalRequested(withdrawalId, msg.sender, amount, bankReference);
    }

    /// @inheritdoc IRupiahToken
    function payWithdrawal(uint256 withdrawalId) external restricted {
        Withdrawal storage request = _known(withdrawalId);
        if (request.status != WithdrawalStatus.Requested && request.status != WithdrawalStatus.Cancelling) {
            revert WithdrawalClosed(withdrawalId, request.status);
        }

        request.status = WithdrawalStatus.Paid;
        _burn(address(this), request.amount);

        emit WithdrawalPaid(withdrawalId, request.account, request.amount);
    }

    /// @inheritdoc IRupiahToken
    function cancelWithdrawal(uint256 withdrawalId) external {
        Withdrawal storage request = _known(withdrawalId);
        if (request.status != WithdrawalStatus.Requested) {
            revert WithdrawalClosed(withdrawalId, request.status);
        }
        if (request.account != msg.sender) revert NotWithdrawalOwner(withdrawalId, msg.sender);
        uint256 cancellableAt = request.requestedAt + WITHDRAWAL_PATIENCE;
        if (block.timestamp < cancellableAt) revert WithdrawalNotCancellableYet(withdrawalId, cancellableAt);

        uint40 reclaimableAt = uint40(block.timestamp + CANCEL_NOTICE);
        request.status = WithdrawalStatus.Cancelling;
        request.reclaimableAt = reclaimableAt;

        emit WithdrawalCancelAnnounced(withdrawalId, msg.sender, reclaimableAt);
    }

    /// @inheritdoc IRupiahToken
    function reclaimWithdrawal(uint256 withdrawalId) external {
        Withdrawal storage request = _known(withdrawalId);
        if (request.status != WithdrawalStatus.Cancelling) {
            revert WithdrawalNotCancelling(withdrawalId, request.status);
        }
        if (request.account != msg.sender) revert NotWithdrawalOwner(withdrawalId, msg.sender);
        if (block.timestamp < request.reclaimableAt) {
            revert WithdrawalNotReclaimableYet(withdrawalId, request.reclaimableAt);
        }

        request.status = WithdrawalStatus.Cancelled;
        _transfer(address(this), msg.sender, request.amount);

        emit WithdrawalCancelled(withdrawalId, msg.sender, request.amount);
    }

    /// @inheritdoc IRupiahToken
    function withdrawal(uint256 withdrawalId) external view returns (Withdrawal memory) {
        return _withdrawals[withdrawalId];
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _known(uint256 withdrawalId) private view returns (Withdrawal storage request) {
        request = _withdrawals[withdrawalId];
        if (request.status == WithdrawalStatus.None) revert UnknownWithdrawal(withdrawalId);
    }
}
