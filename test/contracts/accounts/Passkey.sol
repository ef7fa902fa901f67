// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {DeviceKey} from "../metering/DeviceKey.sol";

/// @notice Signs as an authenticator does, with the private key 1 or 2, and lies where a test wants it to.
library Passkey {
    struct Assertion {
        bytes32 r;
        bytes32 s;
        uint256 challengeIndex;
        uint256 typeIndex;
        bytes authenticatorData;
        string clientDataJSON;
    }

    /// @dev Present, verified, eligible for backup and backed up.
    bytes1 internal constant FLAGS = 0x1d;
    /// @dev The generator, the public key of private key 1; its x is `DeviceKey.R`.
    bytes32 internal constant ONE_Y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5;

    function publicKey(uint256 privateKey) internal pure returns (bytes32 x, bytes32 y) {
        return privateKey == 1 ? (bytes32(DeviceKey.R), ONE_Y) : (DeviceKey.TWO_X, DeviceKey.TWO_Y);
    }

    function signer(uint256 privateKey) internal pure returns (bytes memory) {
        (bytes32 x, bytes32 y) = publicKey(privateKey);
        return abi.encode(x, y);
    }

    function assertion(uint256 privateKey, bytes32 hash) internal pure returns (Assertion memory) {
        return assertion(privateKey, hash, "webauthn.get", FLAGS);
    }

    function assertion(
        uint256 privateKey,
        bytes32 hash,
        string memory kind,
        bytes1 flags
    ) internal pure returns (Assertion memory made) {
        made.authenticatorData = abi.encodePacked(sha256("localhost"), flags, uint32(0));
        made.clientDataJSON = string.concat(
            '{"type":"',
            kind,
            '","challenge":"',
            Base64.encodeURL(abi.encodePacked(hash)),
            '","origin":"http://localhost","crossOrigin":false}'
        );
        made.typeIndex = 1;
        made.challengeIndex = 11 + bytes(kind).length;
        (made.r, made.s) = DeviceKey.sign(privateKey, digestOf(made));
    }

    function digestOf(Assertion memory made) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(made.authenticatorData, sha256(bytes(made.clientDataJSON))));
    }

    /// @notice What the account reads: the signer's length, the signer, its proof.
    function signature(uint256 privateKey, Assertion memory made) internal pure returns (bytes memory) {
        bytes memory proof = abi.encode(
            made.r,
            made.s,
            made.challengeIndex,
            made.typeIndex,
            made.authenticatorData,
            made.clientDataJSON
        );
        return abi.encodePacked(uint8(64), signer(privateKey), proof);
    }
}
