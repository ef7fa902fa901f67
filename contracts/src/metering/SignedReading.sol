// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @notice A reading as the meter signed it.
/// @param sequence The reading's number by the meter's own count
/// @param r P-256 signature over SHA-256 of the packed reading; `s` in the lower half
struct SignedReading {
    Report report;
    uint64 sequence;
    bytes32 r;
    bytes32 s;
}

error WrongDeviceSignature(bytes32 meterId);
error HighS(bytes32 s);

/// @dev Half the order of P-256: a signature has two forms, and only the one with the lower `s` counts.
uint256 constant HIGHEST_S = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;

/// @dev What a meter signs: SHA-256 of the packed reading, on this chain and for this register of meters.
function readingDigest(
    IMeterRegistry registry,
    Report calldata report,
    uint64 sequence
) view returns (bytes32) {
    return
        sha256(
            abi.encodePacked(
                "EnerLink reading v1",
                uint64(block.chainid),
                address(registry),
                report.meterId,
                report.epoch,
                sequence,
                uint64(report.timestamp),
                report.exportWh,
                report.importWh,
                report.storedWh
            )
        );
}

/// @dev Reverts with `HighS` or `WrongDeviceSignature` unless the meter's key signed `digest`.
function checkDeviceSignature(
    bytes32 meterId,
    bytes32 keyX,
    bytes32 keyY,
    bytes32 digest,
    bytes32 r,
    bytes32 s
) view {
    if (uint256(s) > HIGHEST_S) revert HighS(s);
    if (!P256.verify(digest, r, s, keyX, keyY)) revert WrongDeviceSignature(meterId);
}
