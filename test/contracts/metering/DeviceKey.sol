// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {SignedReading} from "../../../contracts/src/metering/SignedReading.sol";

/// @notice Signs as meters do, with small P-256 private keys: where the nonce is 1, no point has to be computed.
library DeviceKey {
    uint256 internal constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    /// @dev The x of the generator: the `r` of every signature with nonce 1, and the public key of private key 1.
    uint256 internal constant R = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296;
    /// @dev Public key of private key 2: twice the generator.
    bytes32 internal constant TWO_X = 0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978;
    bytes32 internal constant TWO_Y = 0x07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1;

    /// @notice What meters sign, written down once more.
    function digest(
        uint256 chainId,
        IMeterRegistry registry,
        Report memory report,
        uint64 sequence
    ) internal pure returns (bytes32) {
        bytes memory head = abi.encodePacked(
            "EnerLink reading v1",
            uint64(chainId),
            address(registry),
            report.meterId,
            report.epoch
        );
        return
            sha256(
                abi.encodePacked(
                    head,
                    sequence,
                    uint64(report.timestamp),
                    report.exportWh,
                    report.importWh,
                    report.storedWh
                )
            );
    }

    /// @notice The signature with `s` in the lower half.
    function sign(uint256 privateKey, bytes32 hash) internal pure returns (bytes32 r, bytes32 s) {
        uint256 value = addmod(uint256(hash), mulmod(R, privateKey, ORDER), ORDER);
        return (bytes32(R), bytes32(value > ORDER / 2 ? ORDER - value : value));
    }

    function signed(
        IMeterRegistry registry,
        uint256 privateKey,
        Report memory report,
        uint64 sequence
    ) internal view returns (SignedReading memory) {
        (bytes32 r, bytes32 s) = sign(privateKey, digest(block.chainid, registry, report, sequence));
        return SignedReading({report: report, sequence: sequence, r: r, s: s});
    }
}
