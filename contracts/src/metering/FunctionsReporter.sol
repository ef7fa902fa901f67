// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {FunctionsRequest} from "./FunctionsRequest.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IFunctionsRouter} from "./IFunctionsRouter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IFallbackReporter, IFunctionsReporter} from "./IReporters.sol";

/// @title A Chainlink Functions consumer that fetches a meter's last signed reading
/// @dev The source gets eight text arguments: the oracle APIs (comma-separated), meter id, key x, key y (32 bytes in
///      hex with 0x each), epoch, cut-off (unix seconds), chain id (all decimal), registry (address in hex). It answers
///      six 32-byte words in the order of `Report`.
///
/// | slot | variable                   | bits, lowest first  |
/// |------|----------------------------|---------------------|
/// | 1    | `source`                   | text                |
/// | 2    | `urls`                     | text                |
/// | 3    | `donId`                    | 256                 |
/// | 4    | `subscriptionId`           | 64                  |
/// | 4    | `callbackGasLimit`         | 32                  |
/// | 4    | `minimumInterval`          | 40                  |
/// | 5    | `inFlight[meterId]`        | 256                 |
/// | 6    | `requestedAt[meterId]`     | 40                  |
/// | 7    | `_requests[requestId]`     | meterId 256         |
/// | 7    | `_requests[requestId]` + 1 | key 256             |
/// | 7    | `_requests[requestId]` + 2 | epoch 32, cutoff 40 |
contract FunctionsReporter is IFunctionsReporter, AccessManaged {
    struct Request {
        bytes32 meterId;
        bytes32 key;
        uint32 epoch;
        uint40 cutoff;
    }

    uint16 private constant DATA_VERSION = 1;
    uint256 private constant ANSWER_BYTES = 192;
    /// @dev When an unanswered request may be dropped, seconds.
    uint256 private constant PATIENCE = 1 days;

    IFunctionsRouter public immutable router;
    IMeterRegistry public immutable registry;
    IEnergyConverter public immutable converter;

    /// @notice The pinned program and where it may ask.
    string public source;
    string public urls;
    bytes32 public donId;
    uint64 public subscriptionId;
    uint32 public callbackGasLimit;
    /// @notice Least time between two requests for a meter, seconds.
    uint40 public minimumInterval;

    /// @notice The request that a meter waits for, zero when there is none.
    mapping(bytes32 meterId => bytes32 requestId) public inFlight;
    /// @notice When a settlement of the meter was last requested, unix seconds.
    mapping(bytes32 meterId => uint40 timestamp) public requestedAt;
    mapping(bytes32 requestId => Request) private _requests;

    constructor(
        address accessManager,
        address router_,
        address registry_,
        address converter_
    ) AccessManaged(accessManager) {
        router = IFunctionsRouter(router_);
        registry = IMeterRegistry(registry_);
        converter = IEnergyConverter(converter_);
    }

    /// @inheritdoc IFunctionsReporter
    function requestSettlement(bytes32 meterId) external returns (bytes32 requestId) {
        if (bytes(source).length == 0) revert NotConfigured();
        IMeterRegistry.Meter memory meter = registry.meter(meterId);
        if (
            meter.status != IMeterRegistry.MeterStatus.Active ||
            meter.connectionPoint == 0 ||
            meter.trust == IMeterRegistry.TrustClass.C
        ) revert MeterNotEligible(meterId);
        if (inFlight[meterId] != 0) revert RequestInFlight(meterId, inFlight[meterId]);
        uint256 allowedAt = requestedAt[meterId] + minimumInterval;
        if (block.timestamp < allowedAt) revert TooSoon(meterId, allowedAt);

        uint40 cutoff = uint40(block.timestamp);
        requestId = router.sendRequest(
            subscriptionId,
            FunctionsRequest.encode(source, _arguments(meterId, meter, cutoff)),
            DATA_VERSION,
            callbackGasLimit,
            donId
        );
        inFlight[meterId] = requestId;
        requestedAt[meterId] = cutoff;
        _requests[requestId] = Request({
            meterId: meterId,
            key: _keyHash(meter),
            epoch: meter.epoch,
            cutoff: cutoff
        });

        emit SettlementRequested(requestId, meterId, msg.sender, cutoff);
    }

    /// @inheritdoc IFunctionsReporter
    function dropRequest(bytes32 meterId) external {
        bytes32 requestId = inFlight[meterId];
        if (requestId == 0) revert NoRequestInFlight(meterId);
        uint256 allowedAt = requestedAt[meterId] + PATIENCE;
        if (block.timestamp < allowedAt) revert TooSoon(meterId, allowedAt);

        delete inFlight[meterId];
        delete _requests[requestId];

        emit RequestFailed(requestId, meterId, "not answered");
    }

    /// @inheritdoc IFunctionsReporter
    function handleOracleFulfillment(
        bytes32 requestId,
        bytes calldata response,
        bytes calldata err
    ) external {
        if (msg.sender != address(router)) revert OnlyRouter(msg.sender);
        Request memory request = _requests[requestId];
        delete _requests[requestId];
        if (request.meterId != 0) delete inFlight[request.meterId];

        (Report memory report, bytes memory problem) = _read(request, response, err);
        if (problem.length != 0) {
            emit RequestFailed(requestId, request.meterId, problem);
            return;
        }
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        try converter.settle(reports) {
            emit RequestFulfilled(requestId, request.meterId);
        } catch (bytes memory reason) {
            emit RequestFailed(requestId, request.meterId, reason);
        }
    }

    /// @inheritdoc IFunctionsReporter
    function configure(
        string calldata source_,
        string calldata urls_,
        bytes32 donId_,
        uint64 subscriptionId_,
        uint32 callbackGasLimit_,
        uint40 minimumInterval_
    ) external restricted {
        if (bytes(source_).length == 0) revert EmptySource();

        source = source_;
        urls = urls_;
        donId = donId_;
        subscriptionId = subscriptionId_;
        callbackGasLimit = callbackGasLimit_;
        minimumInterval = minimumInterval_;

        emit FunctionsConfigured(
            donId_,
            subscriptionId_,
            callbackGasLimit_,
            minimumInterval_,
            urls_,
            source_
        );
    }

    /// @inheritdoc IFallbackReporter
    /// @dev Nothing at all until it is configured; then a paid request a meter and interval, which the network may
    ///      leave unanswered.
    function isFallback() external pure returns (bool) {
        return true;
    }

    /// @dev The report in an answer, or why there is none. Nothing here reverts, whatever the network sends.
    function _read(
        Request memory request,
        bytes calldata response,
        bytes calldata err
    ) private view returns (Report memory report, bytes memory problem) {
        if (request.meterId == 0) return (report, "unknown request");
        if (err.length != 0) return (report, err);
        if (response.length != ANSWER_BYTES) return (report, "answer is not six words");
        uint256[6] memory words = abi.decode(response, (uint256[6]));
        if (
            (words[1] | words[2] | words[3]) > type(uint64).max ||
            words[4] > type(uint40).max ||
            words[5] > type(uint32).max
        ) return (report, "answer is out of range");

        report = Report({
            meterId: bytes32(words[0]),
            exportWh: uint64(words[1]),
            importWh: uint64(words[2]),
            storedWh: uint64(words[3]),
            timestamp: uint40(words[4]),
            epoch: uint32(words[5])
        });
        IMeterRegistry.Meter memory meter = registry.meter(request.meterId);
        if (report.meterId != request.meterId) return (report, "answer is for another meter");
        if (report.timestamp > request.cutoff) return (report, "reading is after the cut-off");
        if (_keyHash(meter) != request.key) return (report, "key changed");
        if (meter.epoch != request.epoch) return (report, "epoch changed");
        (bool ok, IEnergyConverter.SkipReason reason) = converter.check(report);
        if (!ok) return (report, bytes.concat("skipped: ", bytes(Strings.toString(uint8(reason)))));
    }

    function _arguments(
        bytes32 meterId,
        IMeterRegistry.Meter memory meter,
        uint40 cutoff
    ) private view returns (string[] memory args) {
        args = new string[](8);
        args[0] = urls;
        args[1] = Strings.toHexString(uint256(meterId), 32);
        args[2] = Strings.toHexString(uint256(meter.keyX), 32);
        args[3] = Strings.toHexString(uint256(meter.keyY), 32);
        args[4] = Strings.toString(meter.epoch);
        args[5] = Strings.toString(cutoff);
        args[6] = Strings.toString(block.chainid);
        args[7] = Strings.toHexString(address(registry));
    }

    function _keyHash(IMeterRegistry.Meter memory meter) private pure returns (bytes32) {
        return keccak256(abi.encode(meter.keyX, meter.keyY));
    }
}
