// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEnergyCertificates} from "./IEnergyCertificates.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @title Where and when a Wh was made: certificates of metered export (ERC-1155)
/// @dev The converter keeps a meter's last settled reading only, so both ends of a period are seen here, one after the
///      other. An id is number 32 | start 40 | end 40, the last lowest. Storage:
///
/// | slot | variable            | bits, lowest first                             |
/// |------|---------------------|------------------------------------------------|
/// | 3    | `seen[meterId]`     | owner 160, timestamp 40, epoch 16, exportWh 40 |
/// | 4    | `withheld[meterId]` | 256                                            |
contract EnergyCertificates is IEnergyCertificates, ERC1155 {
    /// @dev One word. What is exported within an hour is far from 2^40 Wh, so the lowest bits tell how much it was.
    struct Reading {
        address owner;
        uint40 timestamp;
        uint16 epoch;
        uint40 exportWh;
    }

    /// @inheritdoc IEnergyCertificates
    uint256 public constant LONGEST_PERIOD = 1 hours;
    /// @inheritdoc IEnergyCertificates
    uint256 public constant LONGEST_NAME = 200;

    IMeterRegistry public immutable registry;
    IEnergyConverter public immutable converter;

    /// @inheritdoc IEnergyCertificates
    mapping(bytes32 meterId => Reading) public seen;
    /// @inheritdoc IEnergyCertificates
    mapping(bytes32 meterId => uint256 wattHours) public withheld;

    constructor(address registry_, address converter_) ERC1155("") {
        registry = IMeterRegistry(registry_);
        converter = IEnergyConverter(converter_);
    }

    /// @inheritdoc IEnergyCertificates
    function issue(bytes32 meterId) external returns (uint256 certificateId, uint256 wattHours) {
        (uint32 number, Reading memory end) = _settled(meterId);
        Reading memory start = seen[meterId];
        if (end.timestamp <= start.timestamp) {
            revert NoLaterReading(meterId, start.timestamp, end.timestamp);
        }

        seen[meterId] = end;

        emit PeriodStarted(meterId, end.owner, end.timestamp, end.epoch, end.exportWh);
        if (!_isPeriod(start, end)) return (0, 0);
        // Within an epoch a register only grows; modulo 2^40 the difference is the same.
        unchecked {
            wattHours = uint40(end.exportWh - start.exportWh);
        }
        wattHours -= _withhold(meterId, wattHours);
        if (wattHours == 0) return (0, 0);

        certificateId = (uint256(number) << 80) | (uint256(start.timestamp) << 40) | end.timestamp;
        emit CertificateIssued(certificateId, meterId, end.owner, start.timestamp, end.timestamp, wattHours);
        _mint(end.owner, certificateId, wattHours, "");
    }

    /// @inheritdoc IEnergyCertificates
    function retire(uint256 certificateId, uint256 wattHours, string calldata beneficiary) external {
        certificate(certificateId);
        if (wattHours == 0) revert NothingToRetire(certificateId);
        uint256 length = bytes(beneficiary).length;
        if (length == 0 || length > LONGEST_NAME) revert BeneficiaryOutOfRange(length, LONGEST_NAME);

        _burn(msg.sender, certificateId, wattHours);

        emit CertificateRetired(certificateId, msg.sender, wattHours, beneficiary);
    }

    /// @inheritdoc IEnergyCertificates
    function certificate(
        uint256 certificateId
    ) public view returns (bytes32 meterId, uint40 start, uint40 end) {
        start = uint40(certificateId >> 40);
        end = uint40(certificateId);
        meterId = registry.meterIdOf(uint32(certificateId >> 80));
        if (certificateId >> 112 != 0 || meterId == 0 || start >= end) {
            revert InvalidCertificateId(certificateId);
        }
    }

    /// @dev The last settled reading of a meter whose export may be certified.
    function _settled(bytes32 meterId) private view returns (uint32 number, Reading memory reading) {
        IMeterRegistry.Meter memory meter = registry.meter(meterId);
        if (meter.number == 0) revert IMeterRegistry.UnknownMeter(meterId);
        if (
            meter.kind != IMeterRegistry.MeterKind.Prosumer ||
            meter.trust != IMeterRegistry.TrustClass.A ||
            meter.status != IMeterRegistry.MeterStatus.Active
        ) revert NotCertifiable(meterId, meter.kind, meter.trust, meter.status);
        (uint64 exportWh, , , uint64 storedWh, uint40 timestamp, uint32 epoch) = converter.settled(meterId);
        if (timestamp == 0) revert NothingSettled(meterId, epoch);
        // Nobody can tell the sun's energy from the battery's.
        if (storedWh != 0) revert StoresEnergy(meterId, storedWh);
        // The registry counts epochs in 16 bits; of the register the lowest 40 are kept.
        return (meter.number, Reading(meter.owner, timestamp, uint16(epoch), uint40(exportWh)));
    }

    /// @dev Export that a correction took back may have been certified: as much of what follows is not.
    function _withhold(bytes32 meterId, uint256 wattHours) private returns (uint256 withheldWh) {
        uint256 takenBackWh = converter.exportTakenBack(meterId);
        if (takenBackWh == 0) return 0;
        withheldWh = Math.min(takenBackWh - withheld[meterId], wattHours);
        if (withheldWh == 0) return 0;

        withheld[meterId] += withheldWh;

        emit CertificateWithheld(meterId, withheldWh);
    }

    function _isPeriod(Reading memory start, Reading memory end) private pure returns (bool) {
        return
            end.timestamp - start.timestamp <= LONGEST_PERIOD &&
            end.epoch == start.epoch &&
            end.owner == start.owner;
    }
}
