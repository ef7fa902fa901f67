// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccounts} from "../market/IEnergyMarket.sol";
import {EnergyToken} from "../tokens/EnergyToken.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";

/// @title What metered energy means in tokens
/// @dev Calls only its own token, the registry and the market, none of which calls anybody else: nothing can re-enter.
contract EnergyConverter is IEnergyConverter, AccessManaged {
    enum ReporterState {
        Unknown,
        Admitted,
        Paused
    }

    /// @dev Everything that an ordinary settlement writes, in one word. `timestamp` 0: the epoch has no baseline yet.
    struct Registers {
        uint56 exportWh;
        uint56 importWh;
        uint56 debtWh;
        uint48 storedWh;
        uint40 timestamp;
    }

    /// @dev Written once an epoch: exports settled before this epoch, and where this epoch's count began.
    struct ExportBase {
        uint64 earlierWh;
        uint64 baselineWh;
    }

    struct EpochProposal {
        Report closing;
        uint40 declarableAt;
    }

    /// @dev Least time between two settled reports, seconds.
    uint256 private constant MINIMUM_INTERVAL = 60;
    /// @dev How far a meter's clock may run ahead of the block, seconds.
    uint256 private constant CLOCK_TOLERANCE = 120;
    uint40 private constant EPOCH_NOTICE = 7 days;

    IMeterRegistry private immutable _registry;
    EnergyToken private immutable _energyToken;

    IAccounts private _market;
    mapping(address reporter => ReporterState) private _reporters;
    mapping(bytes32 meterId => Registers) private _registers;
    mapping(bytes32 meterId => ExportBase) private _exportBases;
    mapping(bytes32 meterId => EpochProposal) private _proposals;

    /// @param decimals Decimals of ETK whose base unit is 1 Wh: 3 makes 1 ETK one kWh
    constructor(address accessManager, address registry_, uint8 decimals) AccessManaged(accessManager) {
        _registry = IMeterRegistry(registry_);
        _energyToken = new EnergyToken(decimals);
    }

    /* SETTLEMENT */

    /// @inheritdoc IEnergyConverter
    function settle(Report[] calldata reports) external {
        ReporterState state = _reporters[msg.sender];
        if (state == ReporterState.Paused) revert ReporterIsPaused(msg.sender);
        if (state != ReporterState.Admitted) revert NotReporter(msg.sender);

        for (uint256 i = 0; i < reports.length; ++i) {
            Report memory report = reports[i];
            (bool ok, SkipReason reason) = _settle(report);
            if (!ok) emit ReportSkipped(report.meterId, reason, report.timestamp);
        }
    }

    /// @inheritdoc IEnergyConverter
    function repay(bytes32 meterId, uint64 wattHours) external {
        uint56 debtWh = _registers[meterId].debtWh;
        if (debtWh == 0 || wattHours == 0) revert NothingToRepay(meterId);
        if (wattHours > debtWh) revert RepayTooHigh(meterId, wattHours, debtWh);

        uint256 burnedWh = _burn(msg.sender, wattHours);
        if (burnedWh < wattHours) revert InsufficientEnergy(msg.sender, wattHours, burnedWh);
        uint56 leftWh = debtWh - uint56(wattHours);
        _registers[meterId].debtWh = leftWh;

        emit DebtRepaid(meterId, msg.sender, wattHours, leftWh);
    }

    /// @dev Moves tokens and registers by `report`, or changes nothing and says why.
    function _settle(Report memory report) private returns (bool ok, SkipReason reason) {
        bytes32 meterId = report.meterId;
        Registers memory last = _registers[meterId];
        IMeterRegistry.Connection memory connection = _registry.connection(meterId);
        (ok, reason) = _check(report, connection, last);
        if (!ok) return (ok, reason);

        int256 tokensWh = 0;
        uint256 debtWh = last.debtWh;
        if (last.timestamp == 0) {
            if (report.exportWh != 0) _exportBases[meterId].baselineWh = report.exportWh;
        } else {
            uint256 exportedWh = report.exportWh - last.exportWh;
            uint256 importedWh = report.importWh - last.importWh;
            if (exportedWh > importedWh) {
                uint256 netWh = exportedWh - importedWh;
                uint256 repaidWh = Math.min(debtWh, netWh);
                debtWh -= repaidWh;
                tokensWh = int256(netWh - repaidWh);
                if (tokensWh > 0) _energyToken.mint(connection.owner, netWh - repaidWh);
            } else if (importedWh > exportedWh) {
                debtWh += importedWh - exportedWh;
                uint256 burnedWh = _burn(connection.owner, debtWh);
                debtWh -= burnedWh;
                tokensWh = -int256(burnedWh);
            }
        }
        // `_check` proved the registers, the stored energy and the debt to fit.
        _registers[meterId] = Registers({
            exportWh: uint56(report.exportWh),
            importWh: uint56(report.importWh),
            debtWh: uint56(debtWh),
            storedWh: uint48(report.storedWh),
            timestamp: report.timestamp
        });

        emit MeterSettled(
            meterId,
            report.exportWh,
            report.importWh,
            report.storedWh,
            int64(tokensWh),
            uint64(debtWh),
            report.timestamp,
            report.epoch
        );
        if (debtWh > last.debtWh && debtWh > connection.creditWh)
            emit CreditExceeded(meterId, uint64(debtWh));
    }

    /// @dev Burns up to `dueWh` of `account`: the wallet first, then its free trading balance; never orders or escrow.
    function _burn(address account, uint256 dueWh) private returns (uint256 burnedWh) {
        IAccounts market_ = _market;
        // What the market holds belongs to its accounts, so it is never a wallet.
        if (account != address(market_)) {
            burnedWh = Math.min(_energyToken.balanceOf(account), dueWh);
            if (burnedWh > 0) _energyToken.burn(account, burnedWh);
        }
        if (burnedWh == dueWh || address(market_) == address(0)) return burnedWh;

        uint256 drawnWh = market_.drawEnergy(account, dueWh - burnedWh);
        if (drawnWh > 0) _energyToken.burn(address(market_), drawnWh);
        burnedWh += drawnWh;
    }

    function _check(
        Report memory report,
        IMeterRegistry.Connection memory connection,
        Registers memory last
    ) private view returns (bool ok, SkipReason reason) {
        if (connection.status == IMeterRegistry.MeterStatus.None) return (false, SkipReason.UnknownMeter);
        if (!connection.settles) return (false, SkipReason.SubMeter);
        if (!connection.trusted) return (false, SkipReason.NotTrusted);
        if (connection.status == IMeterRegistry.MeterStatus.Suspended) return (false, SkipReason.Suspended);
        if (report.epoch != connection.epoch) return (false, SkipReason.WrongEpoch);
        if (report.timestamp <= connection.epochDeclaredAt) return (false, SkipReason.BeforeEpoch);
        if (report.timestamp < connection.activeFrom) return (false, SkipReason.NotActiveYet);
        if (report.timestamp > block.timestamp + CLOCK_TOLERANCE) return (false, SkipReason.Future);
        // Debt grows by at most one register's range, so this bounds it as well.
        if (
            report.exportWh > type(uint56).max ||
            report.importWh > type(uint56).max - last.debtWh ||
            report.storedWh > type(uint48).max
        ) return (false, SkipReason.TooLarge);

        if (last.timestamp == 0) return (true, reason);
        if (report.timestamp < last.timestamp + MINIMUM_INTERVAL) return (false, SkipReason.Stale);
        if (report.exportWh < last.exportWh || report.importWh < last.importWh)
            return (false, SkipReason.Decreasing);
        uint256 elapsed = report.timestamp - last.timestamp;
        if (
            !_possible(report.exportWh - last.exportWh, connection.exportWatts, elapsed) ||
            !_possible(report.importWh - last.importWh, connection.importWatts, elapsed)
        ) return (false, SkipReason.Impossible);
        return (true, reason);
    }

    /// @dev Rated power, ten percent and 2 Wh more. The allowance grows with time, so an outage locks no meter out.
    function _possible(uint256 deltaWh, uint256 ratedWatts, uint256 elapsed) private pure returns (bool) {
        return deltaWh * 36_000 <= ratedWatts * elapsed * 11 + 72_000;
    }

    /* EPOCHS */

    /// @inheritdoc IEnergyConverter
    function proposeEpoch(bytes32 meterId, Report calldata closing) external restricted {
        IMeterRegistry.Connection memory connection = _registry.connection(meterId);
        if (connection.status == IMeterRegistry.MeterStatus.None) revert IMeterRegistry.UnknownMeter(meterId);
        if (closing.timestamp != 0) {
            if (closing.meterId != meterId) revert ClosingRejected(meterId, SkipReason.UnknownMeter);
            (bool ok, SkipReason reason) = _check(closing, connection, _registers[meterId]);
            if (!ok) revert ClosingRejected(meterId, reason);
        }

        uint40 declarableAt = uint40(block.timestamp) + EPOCH_NOTICE;
        _proposals[meterId] = EpochProposal({closing: closing, declarableAt: declarableAt});

        emit EpochProposed(meterId, connection.epoch + 1, closing, declarableAt);
    }

    /// @inheritdoc IEnergyConverter
    function withdrawEpochProposal(bytes32 meterId) external restricted {
        if (_proposals[meterId].declarableAt == 0) revert NoEpochProposed(meterId);

        delete _proposals[meterId];

        emit EpochProposalWithdrawn(meterId);
    }

    /// @inheritdoc IEnergyConverter
    function declareEpoch(bytes32 meterId) external {
        EpochProposal memory proposal = _proposals[meterId];
        if (proposal.declarableAt == 0) revert NoEpochProposed(meterId);
        if (msg.sender != _registry.connection(meterId).owner) {
            _checkCanCall(msg.sender, msg.data);
            if (block.timestamp < proposal.declarableAt) {
                revert EpochNotDeclarable(meterId, msg.sender, proposal.declarableAt);
            }
        }
        delete _proposals[meterId];

        if (proposal.closing.timestamp != 0) {
            (bool ok, SkipReason reason) = _settle(proposal.closing);
            if (!ok) revert ClosingRejected(meterId, reason);
        }
        _exportBases[meterId] = ExportBase({earlierWh: settledExport(meterId), baselineWh: 0});
        _registers[meterId] = Registers({
            exportWh: 0,
            importWh: 0,
            debtWh: _registers[meterId].debtWh,
            storedWh: 0,
            timestamp: 0
        });
        uint32 epoch = _registry.advanceEpoch(meterId);

        emit EpochDeclared(meterId, epoch);
    }

    /* SETTINGS */

    /// @inheritdoc IEnergyConverter
    function setReporter(address reporter, bool allowed) external restricted {
        _reporters[reporter] = allowed ? ReporterState.Admitted : ReporterState.Unknown;

        emit ReporterChanged(reporter, allowed);
    }

    /// @inheritdoc IEnergyConverter
    function pauseReporter(address reporter, bool paused) external restricted {
        if (_reporters[reporter] == ReporterState.Unknown) revert NotReporter(reporter);

        _reporters[reporter] = paused ? ReporterState.Paused : ReporterState.Admitted;

        emit ReporterPaused(reporter, paused);
    }

    /// @inheritdoc IEnergyConverter
    function setMarket(address market_) external restricted {
        if (address(_market) != address(0)) revert MarketAlreadySet(address(_market));

        _market = IAccounts(market_);

        emit MarketChanged(market_);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyConverter
    function settled(
        bytes32 meterId
    )
        external
        view
        returns (
            uint64 exportWh,
            uint64 importWh,
            uint64 debtWh,
            uint64 storedWh,
            uint40 timestamp,
            uint32 epoch
        )
    {
        Registers memory last = _registers[meterId];
        return (
            last.exportWh,
            last.importWh,
            last.debtWh,
            last.storedWh,
            last.timestamp,
            _registry.connection(meterId).epoch
        );
    }

    /// @inheritdoc IEnergyConverter
    function batteryState(
        bytes32 meterId
    ) external view returns (uint64 storedWh, uint64 debtWh, uint64 settledExportWh, uint40 timestamp) {
        Registers memory last = _registers[meterId];
        return (last.storedWh, last.debtWh, settledExport(meterId), last.timestamp);
    }

    /// @inheritdoc IEnergyConverter
    function settledExport(bytes32 meterId) public view returns (uint64 wattHours) {
        ExportBase memory base = _exportBases[meterId];
        // Both are 0 while the epoch has no baseline.
        return base.earlierWh + (_registers[meterId].exportWh - base.baselineWh);
    }

    /// @inheritdoc IEnergyConverter
    function epochProposal(
        bytes32 meterId
    ) external view returns (Report memory closing, uint40 declarableAt) {
        EpochProposal memory proposal = _proposals[meterId];
        return (proposal.closing, proposal.declarableAt);
    }

    /// @inheritdoc IEnergyConverter
    function check(Report calldata report) external view returns (bool ok, SkipReason reason) {
        return _check(report, _registry.connection(report.meterId), _registers[report.meterId]);
    }

    /// @inheritdoc IEnergyConverter
    function isReporter(address reporter) external view returns (bool) {
        return _reporters[reporter] == ReporterState.Admitted;
    }

    /// @inheritdoc IEnergyConverter
    function energyToken() external view returns (address) {
        return address(_energyToken);
    }

    /// @inheritdoc IEnergyConverter
    function registry() external view returns (address) {
        return address(_registry);
    }

    /// @inheritdoc IEnergyConverter
    function market() external view returns (address) {
        return address(_market);
    }
}
