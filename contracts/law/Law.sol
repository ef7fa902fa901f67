// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/* solhint-disable gas-custom-errors, reason-string, gas-strict-inequalities, gas-struct-packing */
/* solhint-disable no-unused-vars, ordering, func-visibility, gas-calldata-parameters, max-states-count */

/// @title The law of metered energy, of one meter, as arithmetic alone
/// @notice What `Settlement`, `Slots`, `Corrections`, `Epochs` and `repay` do to a meter's registers, debt and
///         tokens,
///         for the SMT checker: whatever is called with whatever, however often, minted less burned less debt is what
///         the registers moved by and what was corrected. By induction: each function begins in any lawful state.
///         Rules that refuse a report are left out: what holds for any
///         report holds for those that pass.
/// @dev Words are not packed here, since the checker has no answer to that; the packing is fuzzed.
contract Law {
    /// @dev What the owner has free is whatever the caller says.
    int256 private exportWh;
    int256 private importWh;
    /// @dev Debt, or of a slotted meter what is open: below 0 where it is surplus.
    int256 private openWh;
    int256 private arrearsWh;
    bool private slotted;
    bool private begun;

    /// @dev Minted less burned, and what must equal it with the debt.
    int256 private tokensWh;
    int256 private movedWh;
    int256 private correctedWh;

    function settle(uint64 export_, uint64 import_, uint64 freeWh) external lawful {
        if (!begun) {
            (exportWh, importWh, begun) = (int256(uint256(export_)), int256(uint256(import_)), true);
            return;
        }
        require(int256(uint256(export_)) >= exportWh && int256(uint256(import_)) >= importWh);
        int256 exportedWh = int256(uint256(export_)) - exportWh;
        int256 importedWh = int256(uint256(import_)) - importWh;
        int256 nextWh = openWh + importedWh - exportedWh;
        openWh = slotted ? nextWh : _convert(openWh, nextWh, freeWh);
        movedWh += exportedWh - importedWh;
        (exportWh, importWh) = (int256(uint256(export_)), int256(uint256(import_)));
    }

    /// @dev A new meter in the place of the old one: its registers begin where they stand.
    function declareEpoch() external lawful {
        require(begun);
        begun = false;
    }

    function repay(uint64 wattHours) external lawful {
        int256 repaidWh = int256(uint256(wattHours));
        int256 debtWh = slotted ? arrearsWh : openWh;
        if (repaidWh > debtWh) repaidWh = debtWh;
        require(repaidWh > 0);
        tokensWh -= repaidWh;
        if (slotted) arrearsWh -= repaidWh;
        else openWh -= repaidWh;
    }

    function joinSlots() external lawful {
        require(begun && !slotted);
        (arrearsWh, openWh, slotted) = (openWh, 0, true);
    }

    function leaveSlots() external lawful {
        require(slotted);
        if (openWh < 0) tokensWh -= openWh;
        openWh = arrearsWh + (openWh > 0 ? openWh : int256(0));
        (arrearsWh, slotted) = (0, false);
    }

    /// @param boughtWh What of the need was paid for, by neighbours or the utility
    function closeSlot(uint64 boughtWh) external lawful {
        require(slotted);
        int256 bought = int256(uint256(boughtWh));
        if (openWh <= 0) {
            require(bought == 0);
            tokensWh -= openWh;
        } else {
            require(bought <= openWh);
            tokensWh -= bought;
            arrearsWh += openWh - bought;
        }
        openWh = 0;
    }

    function correct(int64 export_, int64 import_, uint64 freeWh) external lawful {
        int256 netWh = int256(export_) - import_;
        int256 beforeWh = slotted ? arrearsWh : openWh;
        int256 keptWh = slotted && netWh < 0 ? beforeWh : int256(0);
        int256 afterWh = _convert(beforeWh - keptWh, beforeWh - netWh - keptWh, freeWh) + keptWh;
        if (slotted) arrearsWh = afterWh;
        else openWh = afterWh;
        correctedWh += netWh;
    }

    /// @dev `Settlement._convert`.
    function _convert(int256 debtWh, int256 nextWh, uint64 freeWh) private returns (int256) {
        int256 moved = 0;
        if (nextWh > debtWh) {
            int256 free = int256(uint256(freeWh));
            moved = -(free < nextWh ? free : nextWh);
        } else if (nextWh < 0) {
            moved = -nextWh;
        }
        tokensWh += moved;
        return nextWh + moved;
    }

    /// @dev What must hold before and after everything: the law, nothing owed below nothing, and no arrears outside
    ///      slots.
    function _holds() private view returns (bool) {
        return
            tokensWh - openWh - arrearsWh == movedWh + correctedWh &&
            arrearsWh >= 0 &&
            (slotted || (openWh >= 0 && arrearsWh == 0));
    }

    /// @dev A step of the induction: the checker takes any state that is lawful, whatever led there.
    modifier lawful() {
        require(_holds());
        _;
        assert(_holds());
    }

    /// @dev Its beginning.
    constructor() {
        assert(_holds());
    }
}
