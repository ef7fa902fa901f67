// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A household's account: its passkeys sign, anyone submits
/// @notice A signer is written as ERC-7913 has it: 64 bytes are a passkey (x, y of its P-256 key), 20 an account, more
///         a verifier's address and its key. Its id is the hash of these bytes. Any one signer may do everything; only
///         to remove a signer or to change the guardian takes a day, in which any signer may refuse. Times are unix
///         seconds.
interface IHomeAccount {
    /// @param subject Whom it is about: a signer's id, or the guardian's address; 0 when there is none
    /// @param from From then on anyone may complete it
    struct Announcement {
        bytes32 subject;
        uint40 from;
    }

    event SignerAdded(bytes32 indexed signerId, bytes signer);
    event RemovalAnnounced(bytes32 indexed signerId, uint40 from);
    event RemovalRefused(bytes32 indexed signerId);
    event SignerRemoved(bytes32 indexed signerId);
    event GuardianAnnounced(address indexed guardian, uint40 from);
    event GuardianRefused(address indexed guardian);
    event GuardianChanged(address indexed guardian);
    event RecoveryProposed(bytes32 indexed signerId, uint40 from);
    event RecoveryRefused(bytes32 indexed signerId);
    /// @param epoch Recoveries so far
    event Recovered(bytes32 indexed signerId, uint32 epoch);
    event CallAllowed(
        address indexed executor,
        address indexed target,
        bytes4 indexed selector,
        uint40 until
    );

    error OnlySelf(address caller);
    error OnlyGuardian(address caller);
    error InvalidSigner(bytes signer);
    error SignerExists(bytes32 signerId);
    error UnknownSigner(bytes32 signerId);
    error LastSigner(bytes32 signerId);
    error InvalidGuardian(address guardian);
    /// @param from From when on it can be completed, 0 when nothing like it was announced
    error NotAnnounced(bytes32 subject, uint40 from);
    error NotAllowed(address executor, address target, bytes4 selector);

    /// @notice One more signer, at once. The account itself.
    /// @dev Reverts with `InvalidSigner` for what could never sign (no key on the curve, no verifier, the account
    ///      itself), or `SignerExists`.
    function addSigner(bytes calldata signer) external;
    /// @notice Announce that a signer goes after `CHANGE_DELAY`, unless a signer refuses. The account itself.
    /// @dev Reverts with `UnknownSigner` or `LastSigner`.
    function removeSigner(bytes32 signerId) external;
    /// @notice Refuse an announced removal. The account itself.
    /// @dev Reverts with `NotAnnounced`.
    function keepSigner(bytes32 signerId) external;
    /// @notice Complete an announced removal: whoever went may have granted any permission, so every one before it is
    ///         void. Anyone.
    /// @dev Reverts with `NotAnnounced` before its time, `UnknownSigner` or `LastSigner`.
    function completeRemoval(bytes32 signerId) external;

    /// @notice Name who may propose a recovery: at once where there is nobody, otherwise announced, after
    ///         `CHANGE_DELAY`; zero: nobody. The account itself.
    /// @dev Reverts with `InvalidGuardian` for the account itself or who it is already.
    function setGuardian(address guardian) external;
    /// @notice Refuse the announced change. The account itself.
    /// @dev Reverts with `NotAnnounced`.
    function keepGuardian() external;
    /// @notice Complete the announced change; what the guardian before proposed is void. Anyone.
    /// @dev Reverts with `NotAnnounced` before its time.
    function completeGuardian() external;

    /// @notice Propose one signer for all that there are, after `RECOVERY_DELAY`. The guardian; a later proposal takes
    ///         an earlier one's place and waits anew.
    /// @dev Reverts with `OnlyGuardian`.
    function proposeRecovery(bytes32 signerId) external;
    /// @notice Refuse the proposed recovery. The account itself.
    /// @dev Reverts with `NotAnnounced`.
    function refuseRecovery() external;
    /// @notice Complete the proposed recovery: every signer and every permission before it is void. Anyone.
    /// @dev Reverts with `NotAnnounced` before its time or for another signer, or `InvalidSigner`.
    function recover(bytes calldata signer) external;

    /// @notice Let `executor` (zero: anyone) call one function of `target` in this account's name, with any arguments,
    ///         through `until`. 0 ends it. Nothing here judges what that function can do: one that moves funds moves
    ///         them. `acceptTrade` binds the account to deliver, at the price of its own offer, what anyone then
    ///         delivers in its name; `closeTrade` can cost its reputation, `cancelOrder` its orders. Itself only.
    /// @dev Reverts with `NotAllowed` for the account itself as target: it may do everything.
    function allowCall(address executor, address target, bytes4 selector, uint40 until) external;
    /// @notice Use such a permission. Who has it.
    /// @dev Reverts with `NotAllowed`, or as `target` does.
    /// @return What `target` returned
    function callAllowed(address target, bytes calldata data) external returns (bytes memory);

    /// @notice An announced removal or a change of guardian waits so long, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function CHANGE_DELAY() external view returns (uint40);
    /// @notice A proposed recovery waits so long, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function RECOVERY_DELAY() external view returns (uint40);
    /// @notice The passkey that the address follows from, 64 bytes.
    function firstSigner() external view returns (bytes memory signer);
    /// @notice Whether a signer may sign for the account.
    function isSigner(bytes32 signerId) external view returns (bool);
    /// @notice How many signers there are.
    function signerCount() external view returns (uint256);
    /// @notice From when on an announced removal can be completed, 0 when none is announced.
    function removableFrom(bytes32 signerId) external view returns (uint40);
    /// @notice Who may propose a recovery, zero: nobody.
    function guardian() external view returns (address);
    /// @notice Recoveries so far.
    function epoch() external view returns (uint32);
    /// @notice The proposed recovery; zeros when there is none.
    function recovery() external view returns (bytes32 signerId, uint40 from);
    /// @notice The announced change of guardian; `from` is 0 when there is none.
    function nextGuardian() external view returns (address guardian, uint40 from);
    /// @notice Through when `executor` may call a function of `target`, 0 when it may not.
    function allowedUntil(address executor, address target, bytes4 selector) external view returns (uint40);
}
