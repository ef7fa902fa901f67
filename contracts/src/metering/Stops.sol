// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The clock of what stops deliveries from a meter: it runs while the board, all settlement or the meter
///         itself is stopped, each second once. Runner 8 | base 24, `base` lowest.
/// @dev It shows `base` more than what it runs with: the market's own clock of stops, or, while the meter itself is
///      stopped (`ALONE`), the time. Seconds; it comes round after 194 days.
type Stops is uint32;

using {shown, base, runner} for Stops global;

/// @dev Runners. `UNSIGNED`: as the clock of all meters of class C, which the registry puts in its place.
uint32 constant MARKET = 0;
uint32 constant ALONE = 1;
uint32 constant UNSIGNED = 2;

function toStops(uint24 base_, uint32 runner_) pure returns (Stops) {
    return Stops.wrap((runner_ << 24) | base_);
}

function base(Stops stops) pure returns (uint24) {
    return uint24(Stops.unwrap(stops));
}

function runner(Stops stops) pure returns (uint32) {
    return Stops.unwrap(stops) >> 24;
}

/// @param stoppedFor What the market's clock shows now
/// @dev Not of `UNSIGNED`.
function shown(Stops stops, uint256 stoppedFor) view returns (uint24) {
    uint256 word = Stops.unwrap(stops);
    // Clocks come round, so only their differences count. `ALONE` is 1: the time in the place of the market's clock.
    unchecked {
        return uint24(word + stoppedFor + (word >> 24) * (block.timestamp - stoppedFor));
    }
}
