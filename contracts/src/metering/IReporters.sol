// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEnergyConverter, Report} from "./IEnergyConverter.sol";

/// @title k-of-n signatures over a batch of reports: the default path
/// @notice EIP-712 domain {name "EnerLink", version "1", chainId, verifyingContract}; type
///         `SettlementBatch(Report[] reports,uint64 deadline,uint32 configuration)`.
interface IOracleCommittee {
    /// @notice Members or quorum changed; signatures under an earlier `configuration` are void.
    event CommitteeChanged(uint32 indexed configuration, address[] members, uint8 quorum);
    event BatchSubmitted(address indexed submitter, uint32 reports, uint32 configuration);
    /// @param reason The pool's error, as it encoded it
    event SlotNotCleared(uint32 indexed communityId, uint40 slotEnd, bytes reason);

    error EmptyBatch();
    error BatchExpired(uint64 deadline, uint256 blockTime);
    error WrongSignatureCount(uint256 given, uint8 quorum);
    error MalformedSignature(uint256 index);
    error NotMember(address signer);
    error SignersNotAscending(address previous, address signer);
    error InvalidQuorum(uint256 quorum, uint256 members);
    error InvalidMembers(uint256 members, uint256 most);
    error MembersNotAscending(address previous, address member);
    error TooManyConfigurations();
    error ClearingFailed(uint32 communityId, uint40 slotEnd);

    /// @notice Settle `reports` if exactly `quorum` distinct members signed them, ascending by member address. Anyone.
    /// @param deadline Last moment at which the signatures count, unix seconds
    /// @dev Reverts with `EmptyBatch`, `BatchExpired`, `WrongSignatureCount`, `MalformedSignature` (length, high s, no
    ///      signer), `SignersNotAscending`, `NotMember` (also for a signature on another chain, contract or
    ///      configuration, which names another signer), or as the converter's `settle` does.
    function submit(Report[] calldata reports, uint64 deadline, bytes[] calldata signatures) external;
    /// @notice `submit`, then clear the slot that it completes. Where the pool refuses that (members are still to be
    ///         read, or somebody was quicker), the settlement stands and `SlotNotCleared` says why.
    /// @dev Reverts as `submit` does, or with `ClearingFailed` when the pool did not refuse and could not clear: the
    ///      gas did not last.
    function submitAndClear(
        Report[] calldata reports,
        uint64 deadline,
        bytes[] calldata signatures,
        uint32 communityId,
        uint40 slotEnd
    ) external;
    /// @notice Replace members (ascending addresses, at most 32) and quorum (more than half). Market operator.
    /// @dev Reverts with `InvalidMembers`, `InvalidQuorum`, `MembersNotAscending` or `TooManyConfigurations`.
    function setCommittee(address[] calldata members, uint8 quorum) external;
    /// @notice Who may sign, ascending.
    function members() external view returns (address[] memory);
    /// @notice How many must sign.
    function quorum() external view returns (uint8);
    /// @notice Counts changes of members or quorum, from 1; part of what is signed.
    function configuration() external view returns (uint32);
    /// @notice The digest that members sign.
    function digest(Report[] calldata reports, uint64 deadline) external view returns (bytes32);
}

/// @title A reporter that settles single meters when somebody asks for it, and not all of them, or not at any time
/// @notice The oracle stopped, a seller cannot count on it: deadlines wait although it is admitted and not paused.
interface IFallbackReporter {
    /// @notice Whether it is one: true.
    function isFallback() external pure returns (bool);
}

/// @title The meter's own signed reading, submitted by anyone when the oracle is silent
interface IDeviceReporter is IFallbackReporter {
    event DeviceReadingSubmitted(bytes32 indexed meterId, address indexed submitter, uint64 sequence);

    error NotHighestTrust(bytes32 meterId);
    error NotSilent(bytes32 meterId, uint256 allowedAt);
    error ReadingRejected(bytes32 meterId, IEnergyConverter.SkipReason reason);

    /// @notice Settle one signed reading of a class A meter that no other reporter has settled for `silence` seconds.
    /// @param sequence The reading's sequence number, part of what is signed
    /// @param r P-256 signature over SHA-256 of the packed reading; `s` in the lower half
    /// @dev Reverts with `NotHighestTrust`, `NotSilent`, `HighS`, `WrongDeviceSignature`, or, instead of skipping, with
    ///      `ReadingRejected`, which carries the converter's `SkipReason`.
    function submit(Report calldata report, uint64 sequence, bytes32 r, bytes32 s) external;
    /// @notice SHA-256 of the packed reading as the meter signs it (`packages/protocol/wire/reading-signature.ts`).
    function readingDigest(Report calldata report, uint64 sequence) external view returns (bytes32);
    /// @notice How long no other reporter may have settled a meter before its own readings count, seconds.
    function silence() external view returns (uint40);
    /// @notice From when the meter's own readings count, unless another reporter settles it before, unix seconds.
    function allowedAt(bytes32 meterId) external view returns (uint256);
}

/// @title A Chainlink Functions consumer that fetches a meter's last signed reading
interface IFunctionsReporter is IFallbackReporter {
    event SettlementRequested(
        bytes32 indexed requestId,
        bytes32 indexed meterId,
        address indexed requester,
        uint40 cutoff
    );
    event RequestFulfilled(bytes32 indexed requestId, bytes32 indexed meterId);
    /// @notice The request ended without a settlement; `reason` is what went wrong, as text or the network's error.
    event RequestFailed(bytes32 indexed requestId, bytes32 indexed meterId, bytes reason);
    /// @notice What the network runs, where it may ask and how often: all that `configure` sets.
    event FunctionsConfigured(
        bytes32 indexed donId,
        uint64 subscriptionId,
        uint32 callbackGasLimit,
        uint40 minimumInterval,
        string urls,
        string source
    );

    error OnlyRouter(address caller);
    error NotConfigured();
    error RequestInFlight(bytes32 meterId, bytes32 requestId);
    error TooSoon(bytes32 meterId, uint256 allowedAt);
    error MeterNotEligible(bytes32 meterId);
    error EmptySource();
    error NoRequestInFlight(bytes32 meterId);

    /// @notice Ask the network to settle a meter. Anyone; one request in flight and one per `minimumInterval` a meter.
    /// @dev Reverts with `NotConfigured`, `MeterNotEligible`, `RequestInFlight`, `TooSoon`, or the router's error.
    function requestSettlement(bytes32 meterId) external returns (bytes32 requestId);
    /// @notice Forget a request that the network has not answered for a day, so that another can be made. Anyone.
    /// @dev Reverts with `NoRequestInFlight` or `TooSoon`.
    function dropRequest(bytes32 meterId) external;
    /// @notice Pin what the network runs. Market operator.
    /// @param urls The oracle APIs that the source may ask, comma-separated
    /// @param minimumInterval Least time between two requests for a meter, seconds
    /// @dev Reverts with `EmptySource`.
    function configure(
        string calldata source,
        string calldata urls,
        bytes32 donId,
        uint64 subscriptionId,
        uint32 callbackGasLimit,
        uint40 minimumInterval
    ) external;
    /// @notice Called by the Functions router with the answer; never reverts for a bad one.
    /// @dev Reverts with `OnlyRouter`.
    function handleOracleFulfillment(bytes32 requestId, bytes calldata response, bytes calldata err) external;
}
