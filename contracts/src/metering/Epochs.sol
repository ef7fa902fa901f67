// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Connection, Standing} from "./Connection.sol";
import {IEnergyConverter, Report} from "./IEnergyConverter.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {Registers} from "./Registers.sol";
import {Settlement} from "./Settlement.sol";

/// @title A new set of registers, when a meter is replaced or repaired
/// @dev Storage:
///
/// | slot | variable                  | bits, lowest first                                  |
/// |------|---------------------------|-----------------------------------------------------|
/// | 5    | `_proposals[meterId]`     | meterId 256                                         |
/// | 5    | `_proposals[meterId]` + 1 | exportWh 64, importWh 64, storedWh 64, timestamp 40 |
/// | 5    | `_proposals[meterId]` + 2 | epoch 32                                            |
/// | 5    | `_proposals[meterId]` + 3 | declarableAt 40, owner 160                          |
abstract contract Epochs is Settlement {
    /// @dev `owner` had the notice: whoever takes the meter over meanwhile has not.
    struct EpochProposal {
        Report closing;
        uint40 declarableAt;
        address owner;
    }

    uint40 private constant EPOCH_NOTICE = 7 days;

    mapping(bytes32 meterId => EpochProposal) private _proposals;

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
    function withdrawEpochProposal(bytes32 meterId) external {
        if (msg.sender != _registry.connectionWord(meterId).owner()) _checkCanCall(msg.sender, msg.data);
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

    /// @inheritdoc IEnergyConverter
    function epochProposal(
        bytes32 meterId
    ) external view returns (Report memory closing, uint40 declarableAt) {
        EpochProposal memory proposal = _proposals[meterId];
        return (proposal.closing, proposal.declarableAt);
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
}
