// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "./Accounts.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";

/// @title The board's counters, and the clock of its pauses
/// @notice A pause extends every delivery that was accepted before it, by as long as it lasts.
abstract contract PauseClock is Accounts, IOfferBoard {
    struct Board {
        uint32 offers;
        uint32 trades;
        uint32 minimumPrice;
        uint16 pauses;
        bool paused;
        uint40 pausedSince;
        uint40 pausedFor;
    }

    Board internal _board;
    /// @dev Seconds that the board had been paused before its n-th pause began.
    uint40[2 ** 16] private _pausedBefore;

    function _setBoardPaused(bool paused_) internal {
        Board storage board = _board;
        if (paused_ == board.paused) return;

        if (paused_) {
            if (board.pauses == type(uint16).max) revert TooManyPauses();
            _pausedBefore[board.pauses++] = board.pausedFor;
            board.pausedSince = uint40(block.timestamp);
        } else {
            board.pausedFor += uint40(block.timestamp) - board.pausedSince;
        }
        board.paused = paused_;
    }

    function _boardPaused() internal view returns (bool) {
        return _board.paused;
    }

    function _openBoard() internal view returns (Board storage board) {
        board = _board;
        if (board.paused) revert BoardPaused();
    }

    /// @dev Seconds of pauses after the first `pauses`. One that has not ended counts until now, so that no deadline
    ///      passes during it.
    function _pausedAfter(uint16 pauses) internal view returns (uint40 pausedFor) {
        Board storage board = _board;
        if (pauses == board.pauses) return 0;

        pausedFor = board.pausedFor - _pausedBefore[pauses];
        if (board.paused) pausedFor += uint40(block.timestamp) - board.pausedSince;
    }
}
