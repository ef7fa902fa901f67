// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccounts, IOfferBoard} from "../market/IEnergyMarket.sol";
import {Words} from "../market/Words.sol";
import {EnergyToken} from "../tokens/EnergyToken.sol";
import {Connection, Standing} from "./Connection.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {RatedPower} from "./RatedPower.sol";
import {Registers, toRegisters} from "./Registers.sol";
import {Reporters} from "./Reporters.sol";

/// @title From a meter's registers to tokens and debt
/// @dev Storage:
///
/// | slot | variable              | bits, lowest first                                       |
/// |------|-----------------------|----------------------------------------------------------|
/// | 3    | `_registers[meterId]` | 256; `Registers`: all that an ordinary settlement writes |
/// | 4    | `_offsets[meterId]`   | exportWh 64, importWh 64                                 |
abstract contract Settlement is Reporters {
    using Words for uint256[];

    struct Energy {
        uint64 exportWh;
        uint64 importWh;
    }

    /// @dev Least time between two settled reports, seconds.
    uint256 private constant MINIMUM_INTERVAL = 60;
    /// @dev How far a meter's clock may run ahead of the block, seconds.
    uint256 private constant CLOCK_TOLERANCE = 120;

    IMeterRegistry internal immutable _registry;
    EnergyToken internal immutable _energyToken;

    mapping(bytes32 meterId => Registers) internal _registers;
    /// @dev What a meter's registers lack of all that it counted: earlier epochs and corrections, less the baseline.
    ///      Modulo 2^64.
    mapping(bytes32 meterId => Energy) internal _offsets;

    /// @param decimals Decimals of ETK whose base unit is 1 Wh: 3 makes 1 ETK one kWh
    constructor(address registry_, uint8 decimals) {
        _registry = IMeterRegistry(registry_);
        _energyToken = new EnergyToken(decimals);
    }

    /// @inheritdoc IEnergyConverter
    function settle(Report[] calldata reports) external {
        _checkReporter();

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
    function watchExport(bytes32 meterId) external {
        if (msg.sender != address(_market)) revert OnlyMarket(msg.sender);

        _registers[meterId] = _registers[meterId].withDelivering(true);
    }

    /// @dev Moves tokens and registers to `next`, or changes nothing and says why. `next` comes without debt.
    function _settle(
        bytes32 meterId,
        uint32 epoch,
        Registers next
    ) internal returns (bool ok, SkipReason reason) {
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
    ) internal returns (int256 tokensWh, int256 debtAfterWh) {
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

    function _warn(bytes32 meterId, uint256 debtWh) internal {
        (, , uint64 creditWh) = _registry.terms(meterId);
        if (debtWh > creditWh) emit CreditExceeded(meterId, uint64(debtWh));
    }

    /// @dev Burns up to `dueWh` of `account`: the wallet first, then its free trading balance; never orders or escrow.
    function _burn(address account, uint256 dueWh) internal returns (uint256 burnedWh) {
        IAccounts market_ = _market;
        // What the market holds belongs to its accounts, so it is never a wallet.
        if (account != address(market_)) burnedWh = _energyToken.burn(account, dueWh);
        if (burnedWh == dueWh || address(market_) == address(0)) return burnedWh;

        uint256 drawnWh = market_.drawEnergy(account, dueWh - burnedWh);
        if (drawnWh > 0) _energyToken.burn(address(market_), drawnWh);
        burnedWh += drawnWh;
    }

    /* CHECKS */

    /// @inheritdoc IEnergyConverter
    function check(Report memory report) public view returns (bool ok, SkipReason reason) {
        (bool fits, Registers next) = _read(report);
        if (!fits) return (false, SkipReason.TooLarge);
        bytes32 meterId = report.meterId;
        Registers last = _registers[meterId];
        return _check(meterId, report.epoch, next, last, _connection(meterId, last));
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
    function registersWord(bytes32 meterId) external view returns (Registers) {
        return _registers[meterId];
    }

    /// @inheritdoc IEnergyConverter
    function counted(bytes32 meterId) external view returns (uint64 exportWh, uint64 importWh) {
        Energy memory energy = _counted(meterId);
        return (energy.exportWh, energy.importWh);
    }

    /// @inheritdoc IEnergyConverter
    function energyToken() external view returns (address) {
        return address(_energyToken);
    }

    /// @inheritdoc IEnergyConverter
    function registry() external view returns (address) {
        return address(_registry);
    }

    function _read(Report memory report) internal pure returns (bool fits, Registers registers) {
        return toRegisters(report.exportWh, report.importWh, report.storedWh, report.timestamp);
    }

    /// @dev Registers are 0 while an epoch has no baseline. 2^64 Wh are more than all epochs may count.
    function _counted(bytes32 meterId) internal view returns (Energy memory counted_) {
        Registers last = _registers[meterId];
        counted_ = _offsets[meterId];
        unchecked {
            counted_.exportWh += uint64(last.exportWh());
            counted_.importWh += uint64(last.importWh());
        }
    }
}
