// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccounts, IOfferBoard} from "../market/IEnergyMarket.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {IFallbackReporter} from "./IReporters.sol";

/// @title Who may settle, and the market that is told when nobody can
/// @dev Storage:
///
/// | slot | variable               | bits, lowest first                |
/// |------|------------------------|-----------------------------------|
/// | 1    | `_market`              | 160                               |
/// | 1    | `_working`             | 32                                |
/// | 2    | `_reporters[reporter]` | admitted 8, paused 8, fallback_ 8 |
abstract contract Reporters is IEnergyConverter, AccessManaged {
    /// @dev The operator admits, the guardian pauses; neither undoes what the other did.
    /// @param fallback_ It settles what somebody asks for, where and when it can: with no other, settlement is stopped
    struct Reporter {
        bool admitted;
        bool paused;
        bool fallback_;
    }

    IAccounts internal _market;
    /// @dev Reporters that are admitted, not paused, and no fallback.
    uint32 private _working;
    mapping(address reporter => Reporter) private _reporters;

    constructor(address accessManager) AccessManaged(accessManager) {}

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

    /* VIEWS */

    /// @inheritdoc IEnergyConverter
    function isReporter(address reporter) external view returns (bool) {
        Reporter memory known = _reporters[reporter];
        return known.admitted && !known.paused;
    }

    /// @inheritdoc IEnergyConverter
    function market() external view returns (address) {
        return address(_market);
    }

    /* RULES */

    /// @dev Whether the sender may settle now.
    function _checkReporter() internal view {
        Reporter memory reporter = _reporters[msg.sender];
        if (!reporter.admitted) revert NotReporter(msg.sender);
        if (reporter.paused) revert ReporterIsPaused(msg.sender);
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

    /// @dev What the reporter says of itself, as `DeviceReporter` and `FunctionsReporter` do. What says nothing settles
    ///      on its own, as a committee does.
    function _isFallback(address reporter) private view returns (bool) {
        (bool answered, bytes memory answer) = reporter.staticcall(
            abi.encodeCall(IFallbackReporter.isFallback, ())
        );
        return answered && answer.length == 32 && abi.decode(answer, (uint256)) != 0;
    }
}
