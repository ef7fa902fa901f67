// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Epochs} from "./Epochs.sol";
import {IEnergyConverter} from "./IEnergyConverter.sol";
import {Registers} from "./Registers.sol";
import {Standing} from "./Connection.sol";

/// @title What a community's meters leave open until their slot is cleared
/// @dev Storage:
///
/// | slot | variable            | bits, lowest first         |
/// |------|---------------------|----------------------------|
/// | 6    | `pool`              | 160                        |
/// | 7    | `_arrears[meterId]` | 64; a slotted meter's debt |
abstract contract Slots is Epochs {
    /// @inheritdoc IEnergyConverter
    address public pool;
    mapping(bytes32 meterId => uint64) private _arrears;

    modifier onlyPool() {
        if (msg.sender != pool) revert OnlyPool(msg.sender);
        _;
    }

    /// @inheritdoc IEnergyConverter
    function setPool(address pool_) external restricted {
        if (pool != address(0)) revert PoolAlreadySet(pool);

        pool = pool_;

        emit PoolChanged(pool_);
    }

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

    /// @dev What a meter owes: of a slotted one its arrears.
    function _debt(bytes32 meterId) internal view returns (uint64 debtWh, bool slotted) {
        slotted = _registry.slotted(meterId);
        debtWh = slotted ? _arrears[meterId] : uint64(uint256(_registers[meterId].debtWh()));
    }

    function _setDebt(bytes32 meterId, bool slotted, uint64 debtWh) internal {
        if (slotted) _arrears[meterId] = debtWh;
        else _registers[meterId] = _registers[meterId].withDebt(int256(uint256(debtWh)));
    }
}
