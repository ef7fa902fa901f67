// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @title Where and when a Wh was made: certificates of metered export (ERC-1155)
/// @notice A certificate's id names its meter, and start and end of the period between two settled readings; its amount
///         is the Wh exported meanwhile, once. ETK carries no such attribute. No roles: nobody issues by decree.
interface IEnergyCertificates {
    /// @notice The meter's last settled reading was seen: the next period begins with it.
    /// @param timestamp When it was read, unix seconds
    /// @param exportWh Its export register, Wh, the lowest 40 bits
    event PeriodStarted(
        bytes32 indexed meterId,
        address indexed owner,
        uint40 timestamp,
        uint16 epoch,
        uint40 exportWh
    );
    /// @notice `owner` got `wattHours` of certificate `certificateId`.
    event CertificateIssued(
        uint256 indexed certificateId,
        bytes32 indexed meterId,
        address indexed owner,
        uint40 start,
        uint40 end,
        uint256 wattHours
    );
    /// @notice Nobody got `wattHours` of the meter's export: certificates may have been issued for as much that a
    ///         correction took back.
    event CertificateWithheld(bytes32 indexed meterId, uint256 wattHours);
    /// @notice `holder` used `wattHours` up, for what `beneficiary` used.
    event CertificateRetired(
        uint256 indexed certificateId,
        address indexed holder,
        uint256 wattHours,
        string beneficiary
    );

    error NotCertifiable(
        bytes32 meterId,
        IMeterRegistry.MeterKind kind,
        IMeterRegistry.TrustClass trust,
        IMeterRegistry.MeterStatus status
    );
    error StoresEnergy(bytes32 meterId, uint64 storedWh);
    error NothingSettled(bytes32 meterId, uint32 epoch);
    error NoLaterReading(bytes32 meterId, uint40 seenAt, uint40 settledAt);
    error InvalidCertificateId(uint256 certificateId);
    error NothingToRetire(uint256 certificateId);
    error BeneficiaryOutOfRange(uint256 length, uint256 most);

    /// @notice See the meter's last settled reading. When one was seen at most `LONGEST_PERIOD` before it, in the same
    ///         epoch and with the same owner, that owner gets a certificate of what was exported since, if anything
    ///         was. The reading begins the next period in any case. Anyone, after each settlement: what nobody sees
    ///         within an hour is never certified, nor is as much as corrections took back of the meter's export.
    /// @dev Reverts with `UnknownMeter`, `NotCertifiable` unless it is an active prosumer's meter of class A,
    ///      `NothingSettled` before the epoch's baseline, `StoresEnergy` when the reading says that a battery is behind
    ///      the meter, `NoLaterReading` than the one seen last, or the owner's error when it takes no ERC-1155.
    /// @return certificateId What was issued, 0 when a period only began
    /// @return wattHours How much of it, Wh
    function issue(bytes32 meterId) external returns (uint256 certificateId, uint256 wattHours);
    /// @notice Use up `wattHours` of the caller's certificate, for good.
    /// @param beneficiary Whose use it covers, 1 to `LONGEST_NAME` bytes
    /// @dev Reverts with `InvalidCertificateId`, `NothingToRetire`, `BeneficiaryOutOfRange`, or
    ///      `ERC1155InsufficientBalance`.
    function retire(uint256 certificateId, uint256 wattHours, string calldata beneficiary) external;
    /// @notice What a certificate's id names: the meter, and from when to when, unix seconds.
    /// @dev Reverts with `InvalidCertificateId` when it has stray bits, names no meter or no period.
    function certificate(
        uint256 certificateId
    ) external view returns (bytes32 meterId, uint40 start, uint40 end);
    /// @notice The reading with which the meter's next period begins; zeros when none was seen.
    /// @param exportWh Its export register, Wh, the lowest 40 bits
    function seen(
        bytes32 meterId
    ) external view returns (address owner, uint40 timestamp, uint16 epoch, uint40 exportWh);
    /// @notice All that was not certified because corrections had taken back as much, Wh.
    function withheld(bytes32 meterId) external view returns (uint256 wattHours);
    /// @notice The longest period that is certified, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function LONGEST_PERIOD() external view returns (uint256);
    /// @notice The longest name of a beneficiary, bytes.
    // solhint-disable-next-line func-name-mixedcase
    function LONGEST_NAME() external view returns (uint256);
}
