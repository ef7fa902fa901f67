// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Corrections} from "./Corrections.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {Registers} from "./Registers.sol";
import {Reporters} from "./Reporters.sol";
import {Settlement} from "./Settlement.sol";

/// @title What metered energy means in tokens
/// @notice Made of: who may report (`Reporters`), registers to tokens and debt (`Settlement`), replaced meters
///         (`Epochs`), slots of communities (`Slots`), what was counted wrongly (`Corrections`).
/// @dev Calls its own token, the registry and the market. Called by it they call nobody but one another, and ask it for
///      nothing but views; nor can a reporter change anything by the one question that it is asked: nothing can
///      re-enter.
contract EnergyConverter is Corrections {
    /// @param decimals Decimals of ETK whose base unit is 1 Wh: 3 makes 1 ETK one kWh
    constructor(
        address accessManager,
        address registry_,
        uint8 decimals
    ) Reporters(accessManager) Settlement(registry_, decimals) {}

    /// @inheritdoc IEnergyConverter
    function repay(bytes32 meterId, uint64 wattHours) external {
        (uint64 debtWh, bool slotted) = _debt(meterId);
        if (debtWh == 0 || wattHours == 0) revert NothingToRepay(meterId);
        // A settlement or somebody else may have repaid a part just before.
        if (wattHours > debtWh) wattHours = debtWh;

        uint256 burnedWh = _burn(msg.sender, wattHours);
        if (burnedWh < wattHours) revert InsufficientEnergy(msg.sender, wattHours, burnedWh);
        _setDebt(meterId, slotted, debtWh - wattHours);

        emit DebtRepaid(meterId, msg.sender, wattHours, debtWh - wattHours);
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
}
