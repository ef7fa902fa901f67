// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "./Accounts.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";

/// @title The board's counters, and the clock that runs while board or settlement are stopped
/// @notice What it counts after a trade's acceptance extends that trade's delivery. A battery's own clock goes on
///         from it while the battery's meter itself is stopped, see `Stops`.
abstract contract PauseClock is Accounts, IOfferBoard {
    /// @param stoppedSince Since when the clock runs, while it does
    /// @param stoppedFor What it had counted before
    struct Board {
        uint32 offers;
        uint32 trades;
        uint32 minimumPrice;
        bool paused;
        bool settlementStopped;
        uint40 stoppedSince;
        uint40 stoppedFor;
    }

    Board internal _board;

    /// @inheritdoc IOfferBoard
    function waitForSettlement(bool stopped) external {
        if (msg.sender != _converter) revert OnlyConverter(msg.sender);
        if (stopped == _board.settlementStopped) return;

        _stop(_board.paused, stopped);

        emit SettlementStopped(stopped);
    }

    /// @inheritdoc IOfferBoard
    function stopsSoFar() external view returns (uint256 seconds_) {
        (, seconds_) = _clock();
    }

    function _setBoardPaused(bool paused_) internal {
        _stop(paused_, _board.settlementStopped);
    }

    function _boardPaused() internal view returns (bool) {
        return _board.paused;
    }

    function _openBoard() internal view returns (Board storage board) {
        board = _board;
        if (board.paused) revert BoardPaused();
    }

    /// @return boardPaused Whether the board is paused now
    /// @return shown Seconds during which board or settlement were stopped. A stop that has not ended counts until
    ///         now, so that no deadline passes during it.
    function _clock() internal view returns (bool boardPaused, uint256 shown) {
        Board storage board = _board;
        (boardPaused, shown) = (board.paused, board.stoppedFor);
        // Times since the clock was started: no overflow, nothing below 0.
        unchecked {
            if (boardPaused || board.settlementStopped) shown += block.timestamp - board.stoppedSince;
        }
    }

    function _stop(bool paused_, bool settlementStopped_) private {
        Board storage board = _board;
        bool runs = board.paused || board.settlementStopped;
        (, uint256 shown) = _clock();
        if (runs) board.stoppedFor = uint40(shown);
        if (paused_ || settlementStopped_) board.stoppedSince = uint40(block.timestamp);
        board.paused = paused_;
        board.settlementStopped = settlementStopped_;
    }
}
