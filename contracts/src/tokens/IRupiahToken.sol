// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The rupiah stablecoin (IDRS): what its issuer and its holders do
/// @notice 6 decimals: 1 IDRS = 1 rupiah = 1,000,000 base units. All amounts here are base units.
interface IRupiahToken {
    enum WithdrawalStatus {
        None,
        Requested,
        Paid,
        Cancelled,
        Cancelling
    }

    /// @param account Who asked, and who gets the tokens back when the bank never pays
    /// @param requestedAt Unix time of the request, seconds
    /// @param reclaimableAt From when a cancelled request's tokens may be taken back, unix seconds; 0 before
    /// @param amount IDRS base units held until paid or cancelled
    struct Withdrawal {
        address account;
        uint40 requestedAt;
        uint40 reclaimableAt;
        WithdrawalStatus status;
        uint128 amount;
    }

    /// @notice The issuer received rupiah at the bank and minted the same amount. `bankReference` names the transfer.
    event Deposited(address indexed account, uint128 amount, bytes32 bankReference);
    /// @notice A holder handed tokens in and wants rupiah at the account that `bankReference` names.
    event WithdrawalRequested(
        uint256 indexed withdrawalId,
        address indexed account,
        uint128 amount,
        bytes32 bankReference
    );
    /// @notice The issuer paid the rupiah; the tokens are burned.
    event WithdrawalPaid(uint256 indexed withdrawalId, address indexed account, uint128 amount);
    /// @notice The issuer did not pay in time: unless it does so by `reclaimableAt` after all, the tokens go back.
    event WithdrawalCancelAnnounced(
        uint256 indexed withdrawalId,
        address indexed account,
        uint40 reclaimableAt
    );
    /// @notice The holder took the tokens back.
    event WithdrawalCancelled(uint256 indexed withdrawalId, address indexed account, uint128 amount);

    error ZeroAmount();
    error BankReferenceUsed(bytes32 bankReference);
    error UnknownWithdrawal(uint256 withdrawalId);
    error WithdrawalClosed(uint256 withdrawalId, WithdrawalStatus status);
    error NotWithdrawalOwner(uint256 withdrawalId, address caller);
    error WithdrawalNotCancellableYet(uint256 withdrawalId, uint256 cancellableAt);
    error WithdrawalNotCancelling(uint256 withdrawalId, WithdrawalStatus status);
    error WithdrawalNotReclaimableYet(uint256 withdrawalId, uint256 reclaimableAt);

    /// @notice Mint `amount` for rupiah that arrived at the bank. Issuer role only.
    /// @dev Reverts with `ZeroAmount`, or `BankReferenceUsed` so that one transfer is minted once.
    function deposit(address account, uint128 amount, bytes32 bankReference) external;
    /// @notice Hand in `amount` of the caller's tokens to be paid out in rupiah.
    /// @dev Reverts with `ZeroAmount` or `ERC20InsufficientBalance`.
    /// @return withdrawalId Counts from 1
    function requestWithdrawal(uint128 amount, bytes32 bankReference) external returns (uint256 withdrawalId);
    /// @notice Burn the tokens of a request whose rupiah have been paid. Issuer role only. Works until the tokens are
    ///         taken back: an issuer that begins no payment after `WithdrawalCancelAnnounced`, and records one that it
    ///         began within `CANCEL_NOTICE` seconds, never pays twice.
    /// @dev Reverts with `UnknownWithdrawal` or `WithdrawalClosed`.
    function payWithdrawal(uint256 withdrawalId) external;
    /// @notice Announce that the tokens of an own request are wanted back, when the issuer did not pay within
    ///         `WITHDRAWAL_PATIENCE` seconds.
    /// @dev Reverts with `UnknownWithdrawal`, `WithdrawalClosed` (also when it was announced before),
    ///      `NotWithdrawalOwner` or `WithdrawalNotCancellableYet`.
    function cancelWithdrawal(uint256 withdrawalId) external;
    /// @notice Take the tokens of an own request back, `CANCEL_NOTICE` seconds after that was announced.
    /// @dev Reverts with `UnknownWithdrawal`, `WithdrawalNotCancelling`, `NotWithdrawalOwner` or
    ///      `WithdrawalNotReclaimableYet`.
    function reclaimWithdrawal(uint256 withdrawalId) external;
    /// @notice A request to be paid out; everything zero when there is none.
    function withdrawal(uint256 withdrawalId) external view returns (Withdrawal memory);
    /// @notice How long the issuer has to pay, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function WITHDRAWAL_PATIENCE() external view returns (uint256);
    /// @notice How long an announced cancellation waits for a payment that is under way, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function CANCEL_NOTICE() external view returns (uint256);
}
