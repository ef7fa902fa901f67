// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Execution} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {HomeAccountFactory} from "../../../contracts/src/accounts/HomeAccountFactory.sol";
import {IHomeAccount} from "../../../contracts/src/accounts/IHomeAccount.sol";
import {Check} from "../Vm.sol";
import {Passkey} from "./Passkey.sol";

/// @notice All that an account answers to.
interface Household is IHomeAccount {
    function execute(bytes32 mode, bytes calldata executionData) external payable;
    function executionHash(
        Execution[] calldata calls,
        uint256 nonce,
        uint48 deadline
    ) external view returns (bytes32);
    function supportsExecutionMode(bytes32 mode) external view returns (bool);
    function nonces(address owner, uint192 key) external view returns (uint256);
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes calldata data
    ) external returns (bytes4);
}

/// @notice What accounts call: remembers who called it, and calls back or fails where a test wants it to.
contract Target {
    address public caller;
    uint256 public calls;
    address private _listener;
    bytes private _message;

    error Refused(uint256 calls);

    function touch() external payable returns (uint256) {
        caller = msg.sender;
        calls++;
        if (_listener != address(0)) {
            (bool done, bytes memory answer) = _listener.call(_message);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
        }
        return calls;
    }

    function refuse() external view {
        revert Refused(calls);
    }

    function tell(address listener, bytes calldata message) external {
        (_listener, _message) = (listener, message);
    }
}

/// @notice A household with one passkey, its account, and calls that it signs.
abstract contract AccountFixture is Check {
    uint40 internal constant START = 1_800_000_000;
    uint48 internal constant DEADLINE = 2 ** 40;
    /// @dev The household's passkeys: the one that it began with, and another.
    uint256 internal constant FIRST = 1;
    uint256 internal constant SECOND = 2;
    address internal constant GUARDIAN = address(0x6A2D);
    address internal constant RELAY = address(0x2E1A);
    address internal constant STRANGER = address(0x5712);
    bytes32 internal constant SIGNED = bytes32(bytes10(0x01000000000078210001));
    bytes32 internal constant PLAIN = bytes32(bytes1(0x01));

    HomeAccountFactory internal _factory;
    Household internal _account;
    Target internal _target;

    function setUp() public virtual {
        vm.warp(START);
        address implementation = create("HomeAccount", "");
        _factory = HomeAccountFactory(create("HomeAccountFactory", abi.encode(implementation)));
        _target = new Target();
        (bytes32 x, bytes32 y) = Passkey.publicKey(FIRST);
        _account = Household(_factory.create(x, y));
    }

    function idOf(uint256 privateKey) internal pure returns (bytes32) {
        return keccak256(Passkey.signer(privateKey));
    }

    function callOf(address target, bytes memory data) internal pure returns (Execution[] memory calls) {
        calls = new Execution[](1);
        calls[0] = Execution({target: target, value: 0, callData: data});
    }

    /// @notice Calls of the account to itself.
    function own(bytes memory data) internal view returns (Execution[] memory) {
        return callOf(address(_account), data);
    }

    function touch() internal view returns (Execution[] memory) {
        return callOf(address(_target), abi.encodeCall(_target.touch, ()));
    }

    function encoded(
        Execution[] memory calls,
        uint256 nonce,
        uint48 deadline,
        bytes memory signature
    ) internal pure returns (bytes memory) {
        return abi.encode(calls, abi.encodePacked(nonce, deadline, signature));
    }

    /// @notice Calls that a passkey signed, with its next nonce.
    function signed(uint256 privateKey, Execution[] memory calls) internal view returns (bytes memory) {
        uint256 nonce = _account.nonces(address(_account), uint192(privateKey));
        bytes32 hash = _account.executionHash(calls, nonce, DEADLINE);
        bytes memory signature = Passkey.signature(privateKey, Passkey.assertion(privateKey, hash));
        return encoded(calls, nonce, DEADLINE, signature);
    }

    /// @notice The relay submits them.
    function submit(bytes memory executionData) internal {
        vm.prank(RELAY);
        _account.execute(SIGNED, executionData);
    }

    /// @notice The household does `calls`, with the passkey that it began with.
    function act(Execution[] memory calls) internal {
        submit(signed(FIRST, calls));
    }

    /// @notice Expects that the household's calls fail with `reason`.
    function refused(Execution[] memory calls, bytes memory reason) internal {
        bytes memory data = signed(FIRST, calls);
        vm.expectRevert(reason);
        submit(data);
    }
}
