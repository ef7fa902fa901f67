// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Connection} from "./Connection.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {RatedPower} from "./RatedPower.sol";
import {Slots} from "./Slots.sol";

/// @title What registrar and owner put right beside the registers
/// @dev Storage:
///
/// | slot | variable                    | bits, lowest first                           |
/// |------|-----------------------------|----------------------------------------------|
/// | 8    | `_corrections[meterId]`     | exportWh 64, importWh 64, epoch 32, until 40 |
/// | 8    | `_corrections[meterId]` + 1 | owner 160                                    |
/// | 8    | `_corrections[meterId]` + 2 | evidence 256                                 |
/// | 9    | `exportTakenBack[meterId]`  | 64                                           |
abstract contract Corrections is Slots {
    /// @dev For the owner and the epoch that it was proposed to: a later epoch's closing may have put right the same.
    struct Correction {
        int64 exportWh;
        int64 importWh;
        uint32 epoch;
        uint40 until;
        address owner;
        bytes32 evidence;
    }

    /// @dev How long an owner has to accept a correction.
    uint40 private constant CORRECTION_LIFE = 30 days;

    mapping(bytes32 meterId => Correction) private _corrections;
    /// @inheritdoc IEnergyConverter
    mapping(bytes32 meterId => uint64) public exportTakenBack;

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

    /// @inheritdoc IEnergyConverter
    function correctionProposal(
        bytes32 meterId
    ) external view returns (int64 exportWh, int64 importWh, bytes32 evidence, uint40 until) {
        Correction memory proposed = _correction(meterId, _registry.connectionWord(meterId));
        return (proposed.exportWh, proposed.importWh, proposed.evidence, proposed.until);
    }

    /// @dev As a settlement that is not slotted: what is put right belongs to no slot, so it makes nobody's price.
    ///      Arrears stay, as far as no export repays them: nobody collects them, and the owner signed this difference
    ///      alone.
    function _correct(bytes32 meterId, int256 netWh) private returns (int256 tokensWh, uint64 debtWh) {
        (uint64 debtBeforeWh, bool slotted) = _debt(meterId);
        int256 debtAfterWh = int256(uint256(debtBeforeWh)) - netWh;
        if (debtAfterWh > type(int56).max) revert DebtTooLarge(meterId, uint256(debtAfterWh));

        int256 keptWh = slotted && netWh < 0 ? int256(uint256(debtBeforeWh)) : int256(0);
        (tokensWh, debtAfterWh) = _convert(
            msg.sender,
            int256(uint256(debtBeforeWh)) - keptWh,
            debtAfterWh - keptWh
        );
        debtWh = uint64(uint256(debtAfterWh + keptWh));
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
}
