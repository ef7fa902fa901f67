// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccounts, IOfferBoard} from "../market/IEnergyMarket.sol";
import {Words} from "../market/Words.sol";
import {EnergyToken} from "../tokens/EnergyToken.sol";
import {Connection, Standing} from "./Connection.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IDeviceReporter} from "./IReporters.sol";
import {RatedPower} from "./RatedPower.sol";
import {Registers, toRegisters} from "./Registers.sol";

/// @title What metered energy means in tokens
/// @dev Calls only its own token, the registry and the market, none of which calls anybody else: nothing can re-enter.
///
/// | slot | variable                    | bits, lowest first                                       |
/// |------|-----------------------------|----------------------------------------------------------|
/// | 1    | `_market`                   | 160                                                      |
/// | 1    | `_working`                  | 32                                                       |
/// | 2    | `_reporters[reporter]`      | admitted 8, paused 8, fallback_ 8                        |
/// | 3    | `_registers[meterId]`       | 256; `Registers`: all that an ordinary settlement writes |
/// | 4    | `_offsets[meterId]`         | exportWh 64, importWh 64                                 |
/// | 5    | `_proposals[meterId]`       | meterId 256                                              |
/// | 5    | `_proposals[meterId]` + 1   | exportWh 64, importWh 64, storedWh 64, timestamp 40      |
/// | 5    | `_proposals[meterId]` + 2   | epoch 32                                                 |
/// | 5    | `_proposals[meterId]` + 3   | declarableAt 40, owner 160                               |
/// | 6    | `pool`                      | 160                                                      |
/// | 7    | `_arrears[meterId]`         | 64; a slotted meter's debt                               |
/// | 8    | `_corrections[meterId]`     | exportWh 64, importWh 64, epoch 32, until 40             |
/// | 8    | `_corrections[meterId]` + 1 | owner 160                                                |
/// | 8    | `_corrections[meterId]` + 2 | evidence 256                                             |
/// | 9    | `exportTakenBack[meterId]`  | 64                                                       |
contract EnergyConverter is IEnergyConverter, AccessManaged {
    using Words for uint256[];

    /// @dev The operator admits, the guardian pauses; neither undoes what the other did.
    /// @param fallback_ It settles nothing until a meter was silent for a while: with no other, settlement is stopped
    struct Reporter {
        bool admitted;
        bool paused;
        bool fallback_;
    }

    struct Energy {
        uint64 exportWh;
        uint64 importWh;
    }

    /// @dev `owner` had the notice: whoever takes the meter over meanwhile has not.
    struct EpochProposal {
        Report closing;
        uint40 declarableAt;
        address owner;
    }

    /// @dev For the owner and the epoch that it was proposed to: a later epoch's closing may have put right the same.
    struct Correction {
        int64 exportWh;
        int64 importWh;
        uint32 epoch;
        uint40 until;
        address owner;
        bytes32 evidence;
    }

    /// @dev Least time between two settled reports, seconds.
    uint256 private constant MINIMUM_INTERVAL = 60;
    /// @dev How far a meter's clock may run ahead of the block, seconds.
    uint256 private constant CLOCK_TOLERANCE = 120;
    uint40 private constant EPOCH_NOTICE = 7 days;
    /// @dev How long an owner has to accept a correction.
    uint40 private constant CORRECTION_LIFE = 30 days;

    IMeterRegistry private immutable _registry;
    EnergyToken private immutable _energyToken;

    IAccounts private _market;
    /// @dev Reporters that are admitted, not paused, and no fallback.
    uint32 private _working;
    mapping(address reporter => Reporter) private _reporters;
    mapping(bytes32 meterId => Registers) private _registers;
    /// @dev What a meter's registers lack of all that it counted: earlier epochs and corrections, less the baseline.
    ///      Modulo 2^64.
    mapping(bytes32 meterId => Energy) private _offsets;
    mapping(bytes32 meterId => EpochProposal) private _proposals;
    /// @inheritdoc IEnergyConverter
    address public pool;
    mapping(bytes32 meterId => uint64) private _arrears;
    mapping(bytes32 meterId => Correction) private _corrections;
    /// @inheritdoc IEnergyConverter
    mapping(bytes32 meterId => uint64) public exportTakenBack;

    modifier onlyPool() {
        if (msg.sender != pool) revert OnlyPool(msg.sender);
        _;
    }

    /// @param decimals Decimals of ETK whose base unit is 1 Wh: 3 makes 1 ETK one kWh
    constructor(address accessManager, address registry_, uint8 decimals) AccessManaged(accessManager) {
        _registry = IMeterRegistry(registry_);
        _energyToken = new EnergyToken(decimals);
    }

    /* SETTLEMENT */

    /// @inheritdoc IEnergyConverter
    function settle(Report[] calldata reports) external {
        Reporter memory reporter = _reporters[msg.sender];
        if (!reporter.admitted) revert NotReporter(msg.sender);
        if (reporter.paused) revert ReporterIsPaused(msg.sender);

        for (uint256 i = 0; i < reports.length; ++i) {
            Report calldata report = reports[i];
            (bool fits, Registers next) = toRegisters(
                report.exportWh,
                report.importWh,
                report.storedWh,
                report.timestamp
            );
            (bool ok, SkipReason reason) = fits
                ? _settle(report.meterId, report.epoch, next)
                : (false, SkipReason.TooLarge);
            if (!ok) emit ReportSkipped(report.meterId, reason, report.timestamp);
        }
    }

    /// @inheritdoc IEnergyConverter
    function repay(bytes32 meterId, uint64 wattHours) external {
        (uint64 debtWh, bool slotted) = _debt(meterId);
        if (debtWh == 0 || wattHours == 0) revert NothingToRepay(meterId);
        if (wattHours > debtWh) revert RepayTooHigh(meterId, wattHours, debtWh);

        uint256 burnedWh = _burn(msg.sender, wattHours);
        if (burnedWh < wattHours) revert InsufficientEnergy(msg.sender, wattHours, burnedWh);
        _setDebt(meterId, slotted, debtWh - wattHours);

        emit DebtRepaid(meterId, msg.sender, wattHours, debtWh - wattHours);
    }

    /// @dev Moves tokens and registers to `next`, or changes nothing and says why. `next` comes without debt.
    function _settle(
        bytes32 meterId,
        uint32 epoch,
        Registers next
    ) private returns (bool ok, SkipReason reason) {
        Registers last = _registers[meterId];
        Connection connection = _connection(meterId, last);
        (ok, reason) = _check(meterId, epoch, next, last, connection);
        if (!ok) return (ok, reason);

        int256 tokensWh = 0;
        int256 debtWh = last.debtWh();
        bool counts = connection.counts();
        if (last.timestamp() == 0) {
            _countFrom(meterId, next);
        } else {
            debtWh = _openAt(last, next);
            if (!counts) (tokensWh, debtWh) = _convert(connection.owner(), last.debtWh(), debtWh);
        }
        if (last.delivering()) next = _countForTrades(meterId, last, next, connection.exportWatts());
        _registers[meterId] = next.withDebt(debtWh);

        emit MeterSettled(
            meterId,
            uint64(next.exportWh()),
            uint64(next.importWh()),
            uint64(next.storedWh()),
            int64(tokensWh),
            counts ? 0 : uint64(uint256(debtWh)),
            uint40(next.timestamp()),
            epoch
        );
        if (!counts && debtWh > last.debtWh()) _warn(meterId, uint256(debtWh));
        if (connection.ratingAnnounced()) _registry.applyRating(meterId, uint40(next.timestamp()));
    }

    /// @dev Goes on with `next` while trades of the battery are open. A baseline exports nothing. As the battery's
    ///      clock and the chain's differ, what began shortly before a trade's time counts for it whole.
    function _countForTrades(
        bytes32 meterId,
        Registers last,
        Registers next,
        uint256 watts
    ) private returns (Registers) {
        if (last.timestamp() == 0) return next.withDelivering(true);
        uint64 exportedWh = uint64(next.exportWh() - last.exportWh());
        return
            next.withDelivering(
                IOfferBoard(address(_market)).countExport(
                    meterId,
                    exportedWh,
                    uint40(last.timestamp() + CLOCK_TOLERANCE),
                    uint40(next.timestamp()),
                    uint32(watts)
                )
            );
    }

    /// @dev Nothing of a baseline is counted, only what comes on top of it.
    function _countFrom(bytes32 meterId, Registers baseline) private {
        if (baseline.exportWh() | baseline.importWh() == 0) return;
        Energy storage offset = _offsets[meterId];
        unchecked {
            offset.exportWh -= uint64(baseline.exportWh());
            offset.importWh -= uint64(baseline.importWh());
        }
    }

    /// @dev Open debt, and import less export since: what a slotted meter has open; what any other owes, before tokens
    ///      are moved, or is to be minted where it is negative. `_check` refused what would not fit.
    function _openAt(Registers last, Registers next) private pure returns (int256 openWh) {
        unchecked {
            return
                last.debtWh() +
                int256(next.importWh() - last.importWh()) -
                int256(next.exportWh() - last.exportWh());
        }
    }

    /// @dev Net export repays open debt, then is minted. Net import and open debt are burned as far as the owner's free
    ///      energy goes; the rest is debt.
    /// @param openWh `debtWh` with import less export; below it, export was the larger
    function _convert(
        address owner,
        int256 debtWh,
        int256 openWh
    ) private returns (int256 tokensWh, int256 debtAfterWh) {
        // No more is burned than is open, which has 64 bits.
        unchecked {
            if (openWh > debtWh) {
                tokensWh = -int256(_burn(owner, uint256(openWh)));
            } else if (openWh < 0) {
                tokensWh = -openWh;
                _energyToken.mint(owner, uint256(tokensWh));
            }
            return (tokensWh, openWh + tokensWh);
        }
    }

    /// @inheritdoc IEnergyConverter
    function watchExport(bytes32 meterId) external {
        if (msg.sender != address(_market)) revert OnlyMarket(msg.sender);

        _registers[meterId] = _registers[meterId].withDelivering(true);
    }

    function _warn(bytes32 meterId, uint256 debtWh) private {
        (, , uint64 creditWh) = _registry.terms(meterId);
        if (debtWh > creditWh) emit CreditExceeded(meterId, uint64(debtWh));
    }

    /// @dev Burns up to `dueWh` of `account`: the wallet first, then its free trading balance; never orders or escrow.
    function _burn(address account, uint256 dueWh) private returns (uint256 burnedWh) {
        IAccounts market_ = _market;
        // What the market holds belongs to its accounts, so it is never a wallet.
        if (account != address(market_)) burnedWh = _energyToken.burn(account, dueWh);
        if (burnedWh == dueWh || address(market_) == address(0)) return burnedWh;

        uint256 drawnWh = market_.drawEnergy(account, dueWh - burnedWh);
        if (drawnWh > 0) _energyToken.burn(address(market_), drawnWh);
        burnedWh += drawnWh;
    }

    function _check(
        bytes32 meterId,
        uint256 epoch,
        Registers next,
        Registers last,
        Connection connection
    ) private view returns (bool ok, SkipReason reason) {
        if (!connection.settles()) return (false, _reason(connection.standing()));
        if (epoch != connection.epoch()) return (false, SkipReason.WrongEpoch);
        if (last.timestamp() == 0) return _checkBaseline(meterId, next);
        // 56 and 40 bits each: no sum, difference of what only grows, or product here leaves 256 bits.
        unchecked {
            if (next.timestamp() < last.timestamp() + MINIMUM_INTERVAL) return (false, SkipReason.Stale);
            if (next.timestamp() > block.timestamp + CLOCK_TOLERANCE) return (false, SkipReason.Future);
            if (next.exportWh() < last.exportWh() || next.importWh() < last.importWh()) {
                return (false, SkipReason.Decreasing);
            }
            uint256 elapsed = next.timestamp() - last.timestamp();
            uint256 importedWh = next.importWh() - last.importWh();
            // The allowance grows with time, so an outage locks no meter out.
            if (
                next.exportWh() - last.exportWh() >
                    RatedPower.mostCarried(connection.exportWatts(), elapsed) ||
                importedWh > RatedPower.mostCarried(connection.importWatts(), elapsed)
            ) return (false, SkipReason.Impossible);
            if (
                last.debtWh() + int256(importedWh) > type(int56).max ||
                (connection.counts() && _openAt(last, next) < type(int56).min)
            ) return (false, SkipReason.TooLarge);
        }
        return (true, reason);
    }

    /// @dev With the rating that judges the time since `last`.
    function _connection(bytes32 meterId, Registers last) private view returns (Connection connection) {
        connection = _registry.connectionWord(meterId);
        if (!connection.ratingAnnounced()) return connection;
        (uint32 exportWatts, uint32 importWatts) = _registry.allowedRating(meterId, uint40(last.timestamp()));
        return connection.withRating(exportWatts, importWatts);
    }

    function _checkBaseline(
        bytes32 meterId,
        Registers next
    ) private view returns (bool ok, SkipReason reason) {
        (uint40 epochDeclaredAt, uint40 activeFrom, ) = _registry.terms(meterId);
        if (next.timestamp() <= epochDeclaredAt) return (false, SkipReason.BeforeEpoch);
        if (next.timestamp() < activeFrom) return (false, SkipReason.NotActiveYet);
        if (next.timestamp() > block.timestamp + CLOCK_TOLERANCE) return (false, SkipReason.Future);
        return (true, reason);
    }

    function _reason(Standing standing) private pure returns (SkipReason) {
        if (standing == Standing.NotTrusted) return SkipReason.NotTrusted;
        if (standing == Standing.SubMeter) return SkipReason.SubMeter;
        if (standing == Standing.Suspended) return SkipReason.Suspended;
        if (standing == Standing.NotAccepted) return SkipReason.NotAccepted;
        return SkipReason.UnknownMeter;
    }

    /* SLOTS */

    /// @inheritdoc IEnergyConverter
    function joinSlots(bytes32 meterId) external onlyPool {
        Registers last = _registers[meterId];
        Standing standing = _registry.connectionWord(meterId).standing();
        if (standing != Standing.Settling) revert NotSettling(meterId, standing);
        if (last.timestamp() == 0) revert NoBaseline(meterId);

        uint256 debtWh = uint256(last.debtWh());
        if (debtWh != 0) {
            _arrears[meterId] = uint64(debtWh);
            _registers[meterId] = last.withDebt(0);
        }
        _registry.setSlotted(meterId, true);

        emit SlotsJoined(meterId, uint64(debtWh));
    }

    /// @inheritdoc IEnergyConverter
    function leaveSlots(bytes32 meterId) external onlyPool {
        Registers last = _registers[meterId];
        int256 openWh = last.debtWh();
        uint256 mintedWh = openWh < 0 ? uint256(-openWh) : 0;
        uint256 debtWh = _arrears[meterId] + (openWh > 0 ? uint256(openWh) : 0);
        if (debtWh > uint256(uint56(type(int56).max))) revert DebtTooLarge(meterId, debtWh);

        delete _arrears[meterId];
        _registers[meterId] = last.withDebt(int256(debtWh));
        _registry.setSlotted(meterId, false);
        if (mintedWh != 0) _energyToken.mint(_registry.connectionWord(meterId).owner(), mintedWh);

        emit SlotsLeft(meterId, uint64(mintedWh), uint64(debtWh));
    }

    /// @inheritdoc IEnergyConverter
    function closeSlot(bytes32[] calldata meterIds, uint256[] calldata boughtWh) external onlyPool {
        if (boughtWh.length != meterIds.length) revert LengthMismatch(meterIds.length, boughtWh.length);
        int256 netWh = 0;
        for (uint256 i = 0; i < meterIds.length; ++i) {
            uint256 bought = boughtWh[i];
            if (bought == type(uint256).max) continue;
            bytes32 meterId = meterIds[i];
            Registers last = _registers[meterId];
            int256 openWh = last.debtWh();
            if (openWh != 0) _registers[meterId] = last.withDebt(0);
            // 56 bits a meter, of fewer than 2^32 meters.
            unchecked {
                if (openWh <= 0) {
                    if (bought != 0) revert BoughtTooMuch(meterId, bought, 0);
                    netWh -= openWh;
                } else {
                    if (bought > uint256(openWh)) revert BoughtTooMuch(meterId, bought, uint256(openWh));
                    netWh -= int256(bought);
                    if (bought != uint256(openWh)) _fallBehind(meterId, uint256(openWh) - bought);
                }
            }
        }

        if (netWh > 0) {
            _energyToken.mint(address(_market), uint256(netWh));
            _market.creditEnergy(msg.sender, uint128(uint256(netWh)));
        } else if (netWh < 0) {
            uint256 dueWh = uint256(-netWh);
            uint256 drawnWh = _market.drawEnergy(msg.sender, dueWh);
            if (drawnWh != dueWh) revert InsufficientEnergy(msg.sender, dueWh, drawnWh);
            _energyToken.burn(address(_market), dueWh);
        }

        emit SlotClosed(netWh);
    }

    function _fallBehind(bytes32 meterId, uint256 wattHours) private {
        uint64 debtWh = _arrears[meterId] + uint64(wattHours);
        _arrears[meterId] = debtWh;

        emit FellBehind(meterId, uint64(wattHours), debtWh);
        _warn(meterId, debtWh);
    }

    /* EPOCHS */

    /// @inheritdoc IEnergyConverter
    function proposeEpoch(bytes32 meterId, Report calldata closing) external restricted {
        Connection connection = _registry.connectionWord(meterId);
        if (connection.standing() == Standing.Unknown) revert IMeterRegistry.UnknownMeter(meterId);
        if (closing.timestamp != 0) {
            if (closing.meterId != meterId) revert ClosingRejected(meterId, SkipReason.UnknownMeter);
            (bool ok, SkipReason reason) = check(closing);
            if (!ok) revert ClosingRejected(meterId, reason);
        }

        uint40 declarableAt = uint40(block.timestamp) + EPOCH_NOTICE;
        _proposals[meterId] = EpochProposal({
            closing: closing,
            declarableAt: declarableAt,
            owner: connection.owner()
        });

        emit EpochProposed(meterId, uint32(connection.epoch()) + 1, closing, declarableAt);
    }

    /// @inheritdoc IEnergyConverter
    function withdrawEpochProposal(bytes32 meterId) external restricted {
        if (_proposals[meterId].declarableAt == 0) revert NoEpochProposed(meterId);

        delete _proposals[meterId];

        emit EpochProposalWithdrawn(meterId);
    }

    /// @inheritdoc IEnergyConverter
    function acceptEpoch(bytes32 meterId, Report calldata closing) external {
        if (msg.sender != _registry.connectionWord(meterId).owner()) {
            revert IMeterRegistry.NotMeterOwner(meterId, msg.sender);
        }
        EpochProposal memory proposal = _proposals[meterId];
        bool same = keccak256(abi.encode(closing)) == keccak256(abi.encode(proposal.closing));
        if (proposal.declarableAt == 0 || !same) revert NoEpochProposed(meterId);

        _beginEpoch(meterId, proposal.closing);
    }

    /// @inheritdoc IEnergyConverter
    function declareEpoch(bytes32 meterId) external restricted {
        EpochProposal memory proposal = _proposals[meterId];
        address owner = _registry.connectionWord(meterId).owner();
        if (proposal.declarableAt == 0 || proposal.owner != owner) revert NoEpochProposed(meterId);
        if (block.timestamp < proposal.declarableAt) {
            revert EpochNotDeclarable(meterId, msg.sender, proposal.declarableAt);
        }

        _beginEpoch(meterId, proposal.closing);
    }

    /// @dev Settles the old epoch to its end where that is known, then forgets its registers but not its debt.
    function _beginEpoch(bytes32 meterId, Report memory closing) private {
        delete _proposals[meterId];

        if (closing.timestamp != 0) {
            (, Registers next) = _read(closing);
            (bool ok, SkipReason reason) = _settle(meterId, closing.epoch, next);
            if (!ok) revert ClosingRejected(meterId, reason);
        }
        Registers last = _registers[meterId];
        _offsets[meterId] = _counted(meterId);
        _registers[meterId] = Registers.wrap(0).withDebt(last.debtWh()).withDelivering(last.delivering());
        uint32 epoch = _registry.advanceEpoch(meterId);

        emit EpochDeclared(meterId, epoch);
    }

    /* CORRECTIONS */

    /// @inheritdoc IEnergyConverter
    function proposeCorrection(
        bytes32 meterId,
        int64 exportWh,
        int64 importWh,
        bytes32 evidence
    ) external restricted {
        Connection connection = _registry.connectionWord(meterId);
        address owner = connection.owner();
        if (owner == address(0)) revert NoOwner(meterId);
        if (exportWh == 0 && importWh == 0) revert NothingToCorrect(meterId);
        if (evidence == 0) revert NoEvidence(meterId);
        Energy memory total = _counted(meterId);
        (, uint40 activeFrom, ) = _registry.terms(meterId);
        uint256 elapsed = block.timestamp > activeFrom ? block.timestamp - activeFrom : 0;
        _checkCorrection(meterId, exportWh, total.exportWh, connection.exportWatts(), elapsed);
        _checkCorrection(meterId, importWh, total.importWh, connection.importWatts(), elapsed);

        uint32 epoch = uint32(connection.epoch());
        uint40 until = uint40(block.timestamp) + CORRECTION_LIFE;
        _corrections[meterId] = Correction(exportWh, importWh, epoch, until, owner, evidence);

        emit CorrectionProposed(meterId, owner, exportWh, importWh, evidence, until);
    }

    /// @inheritdoc IEnergyConverter
    function withdrawCorrection(bytes32 meterId) external {
        Connection connection = _registry.connectionWord(meterId);
        if (msg.sender != connection.owner()) _checkCanCall(msg.sender, msg.data);
        if (_correction(meterId, connection).evidence == 0) revert NoCorrectionProposed(meterId);

        delete _corrections[meterId];

        emit CorrectionWithdrawn(meterId, msg.sender);
    }

    /// @inheritdoc IEnergyConverter
    function acceptCorrection(bytes32 meterId, int64 exportWh, int64 importWh, bytes32 evidence) external {
        Connection connection = _registry.connectionWord(meterId);
        if (msg.sender != connection.owner()) revert IMeterRegistry.NotMeterOwner(meterId, msg.sender);
        Correction memory proposed = _correction(meterId, connection);
        bool same = exportWh == proposed.exportWh && importWh == proposed.importWh;
        if (evidence == 0 || evidence != proposed.evidence || !same) revert NoCorrectionProposed(meterId);

        delete _corrections[meterId];
        Energy storage offset = _offsets[meterId];
        unchecked {
            // Two's complement: modulo 2^64, as what they are added to.
            offset.exportWh += uint64(exportWh);
            offset.importWh += uint64(importWh);
        }
        if (exportWh < 0) exportTakenBack[meterId] += uint64(-exportWh);
        (int256 tokensWh, uint64 debtWh) = _correct(meterId, int256(exportWh) - importWh);

        emit MeterCorrected(meterId, exportWh, importWh, int64(tokensWh), debtWh, evidence);
    }

    /// @dev As a settlement that is not slotted: what is put right belongs to no slot, so it makes nobody's price.
    function _correct(bytes32 meterId, int256 netWh) private returns (int256 tokensWh, uint64 debtWh) {
        (uint64 debtBeforeWh, bool slotted) = _debt(meterId);
        int256 debtAfterWh = int256(uint256(debtBeforeWh)) - netWh;
        if (debtAfterWh > type(int56).max) revert DebtTooLarge(meterId, uint256(debtAfterWh));

        (tokensWh, debtAfterWh) = _convert(msg.sender, int256(uint256(debtBeforeWh)), debtAfterWh);
        debtWh = uint64(uint256(debtAfterWh));
        _setDebt(meterId, slotted, debtWh);
        if (debtWh > debtBeforeWh) _warn(meterId, debtWh);
    }

    /// @dev What is open to the present owner in the present epoch; without evidence when nothing is.
    function _correction(
        bytes32 meterId,
        Connection connection
    ) private view returns (Correction memory proposed) {
        proposed = _corrections[meterId];
        bool open =
            block.timestamp <= proposed.until &&
                proposed.owner == connection.owner() &&
                proposed.epoch == connection.epoch();
        if (!open) delete proposed;
    }

    /// @dev As corrected, a meter has counted no less than nothing, and no more than its connection could carry.
    function _checkCorrection(
        bytes32 meterId,
        int64 differenceWh,
        uint64 countedWh,
        uint256 watts,
        uint256 elapsed
    ) private pure {
        int256 least = -int256(uint256(countedWh));
        int256 most = int256(RatedPower.mostCarried(watts, elapsed)) + least;
        // What was counted at a rating that was higher then can still be lessened.
        if (most < 0) most = 0;
        if (differenceWh < least || differenceWh > most) {
            revert CorrectionOutOfRange(meterId, differenceWh, least, most);
        }
    }

    /* SETTINGS */

    /// @inheritdoc IEnergyConverter
    function setReporter(address reporter, bool allowed) external restricted {
        Reporter storage known = _reporters[reporter];
        bool worked = _works(known);
        known.admitted = allowed;
        known.fallback_ = _isFallback(reporter);
        _countWorking(worked, _works(known));

        emit ReporterChanged(reporter, allowed);
    }

    /// @inheritdoc IEnergyConverter
    function pauseReporter(address reporter, bool paused) external restricted {
        Reporter storage known = _reporters[reporter];
        if (!known.admitted && !known.paused) revert NotReporter(reporter);

        bool worked = _works(known);
        known.paused = paused;
        _countWorking(worked, _works(known));

        emit ReporterPaused(reporter, paused);
    }

    /// @inheritdoc IEnergyConverter
    function setMarket(address market_) external restricted {
        if (address(_market) != address(0)) revert MarketAlreadySet(address(_market));

        _market = IAccounts(market_);

        emit MarketChanged(market_);
        if (_working == 0) IOfferBoard(market_).waitForSettlement(true);
    }

    /// @dev The market is told when the last reporter stops and when the first one works again.
    function _countWorking(bool worked, bool works) private {
        if (worked == works) return;
        uint32 before = _working;
        _working = works ? before + 1 : before - 1;

        bool crossed = before == 0 || _working == 0;
        if (crossed && address(_market) != address(0)) {
            IOfferBoard(address(_market)).waitForSettlement(_working == 0);
        }
    }

    function _works(Reporter storage reporter) private view returns (bool) {
        return reporter.admitted && !reporter.paused && !reporter.fallback_;
    }

    /// @dev Whether the reporter names a silence for which it waits, as `DeviceReporter` does.
    function _isFallback(address reporter) private view returns (bool) {
        (bool answered, bytes memory answer) = reporter.staticcall(
            abi.encodeCall(IDeviceReporter.silence, ())
        );
        return answered && answer.length == 32 && abi.decode(answer, (uint256)) != 0;
    }

    /// @inheritdoc IEnergyConverter
    function setPool(address pool_) external restricted {
        if (pool != address(0)) revert PoolAlreadySet(pool);

        pool = pool_;

        emit PoolChanged(pool_);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyConverter
    function registersOf(bytes32[] calldata meterIds) external view returns (uint256[] memory registers) {
        registers = new uint256[](meterIds.length);
        for (uint256 i = 0; i < meterIds.length; ++i) {
            registers.put(i, Registers.unwrap(_registers[meterIds[i]]));
        }
        registers.answer();
    }

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
        Registers last = _registers[meterId];
        (debtWh, ) = _debt(meterId);
        return (
            uint64(last.exportWh()),
            uint64(last.importWh()),
            debtWh,
            uint64(last.storedWh()),
            uint40(last.timestamp()),
            uint32(_registry.connectionWord(meterId).epoch())
        );
    }

    /// @inheritdoc IEnergyConverter
    function batteryState(
        bytes32 meterId
    ) external view returns (uint64 storedWh, uint64 debtWh, uint40 timestamp, bool delivering) {
        Registers last = _registers[meterId];
        return (
            uint64(last.storedWh()),
            last.debtWh() > 0 ? uint64(uint256(last.debtWh())) : 0,
            uint40(last.timestamp()),
            last.delivering()
        );
    }

    /// @inheritdoc IEnergyConverter
    function counted(bytes32 meterId) external view returns (uint64 exportWh, uint64 importWh) {
        Energy memory energy = _counted(meterId);
        return (energy.exportWh, energy.importWh);
    }

    /// @inheritdoc IEnergyConverter
    function epochProposal(
        bytes32 meterId
    ) external view returns (Report memory closing, uint40 declarableAt) {
        EpochProposal memory proposal = _proposals[meterId];
        return (proposal.closing, proposal.declarableAt);
    }

    /// @inheritdoc IEnergyConverter
    function correctionProposal(
        bytes32 meterId
    ) external view returns (int64 exportWh, int64 importWh, bytes32 evidence, uint40 until) {
        Correction memory proposed = _correction(meterId, _registry.connectionWord(meterId));
        return (proposed.exportWh, proposed.importWh, proposed.evidence, proposed.until);
    }

    /// @inheritdoc IEnergyConverter
    function check(Report memory report) public view returns (bool ok, SkipReason reason) {
        (bool fits, Registers next) = _read(report);
        if (!fits) return (false, SkipReason.TooLarge);
        bytes32 meterId = report.meterId;
        Registers last = _registers[meterId];
        return _check(meterId, report.epoch, next, last, _connection(meterId, last));
    }

    /// @inheritdoc IEnergyConverter
    function isReporter(address reporter) external view returns (bool) {
        Reporter memory known = _reporters[reporter];
        return known.admitted && !known.paused;
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

    function _read(Report memory report) private pure returns (bool fits, Registers registers) {
        return toRegisters(report.exportWh, report.importWh, report.storedWh, report.timestamp);
    }

    /// @dev What a meter owes: of a slotted one its arrears.
    function _debt(bytes32 meterId) private view returns (uint64 debtWh, bool slotted) {
        slotted = _registry.slotted(meterId);
        debtWh = slotted ? _arrears[meterId] : uint64(uint256(_registers[meterId].debtWh()));
    }

    function _setDebt(bytes32 meterId, bool slotted, uint64 debtWh) private {
        if (slotted) _arrears[meterId] = debtWh;
        else _registers[meterId] = _registers[meterId].withDebt(int256(uint256(debtWh)));
    }

    /// @dev Registers are 0 while an epoch has no baseline. 2^64 Wh are more than all epochs may count.
    function _counted(bytes32 meterId) private view returns (Energy memory counted_) {
        Registers last = _registers[meterId];
        counted_ = _offsets[meterId];
        unchecked {
            counted_.exportWh += uint64(last.exportWh());
            counted_.importWh += uint64(last.importWh());
        }
    }
}
