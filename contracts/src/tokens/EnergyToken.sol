// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Metered energy as a token (ETK)
/// @notice One base unit is one watt-hour, whatever the number of decimals: with 3, 1 ETK = 1 kWh.
contract EnergyToken is ERC20, ERC20Permit {
    /// @notice The one contract that mints and burns, for ever.
    address public immutable converter;
    uint8 private immutable _decimals;

    error OnlyConverter(address caller);

    modifier onlyConverter() {
        if (msg.sender != converter) revert OnlyConverter(msg.sender);
        _;
    }

    /// @dev The converter deploys its token and so becomes the only minter.
    constructor(uint8 decimals_) ERC20("EnerLink Energy", "ETK") ERC20Permit("EnerLink Energy") {
        converter = msg.sender;
        _decimals = decimals_;
    }

    /// @notice Create `wattHours` for `account`. The converter only.
    function mint(address account, uint256 wattHours) external onlyConverter {
        _mint(account, wattHours);
    }

    /// @notice Destroy `wattHours` of `account`, or all that it has. The converter only.
    function burn(address account, uint256 wattHours) external onlyConverter returns (uint256 burnedWh) {
        burnedWh = Math.min(wattHours, balanceOf(account));
        if (burnedWh > 0) _burn(account, burnedWh);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
