// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Whether a meter's reports are settled, and why not. `Slotted`: they are, and only count, see `SlotPool`.
enum Standing {
    Unknown,
    Settling,
    NotTrusted,
    SubMeter,
    Suspended,
    NotAccepted,
    Slotted
}

/// @dev What every settlement is checked against, in one word, the first field lowest:
///      owner 160 | exportWatts 32 | importWatts 32 | epoch 16 | standing 8 | ratingAnnounced 8.
type Connection is uint256;

using {
    owner,
    exportWatts,
    importWatts,
    epoch,
    standing,
    settles,
    counts,
    ratingAnnounced,
    withRating,
    withStanding
} for Connection global;

function owner(Connection connection) pure returns (address) {
    return address(uint160(Connection.unwrap(connection)));
}

function exportWatts(Connection connection) pure returns (uint256) {
    return uint32(Connection.unwrap(connection) >> 160);
}

function importWatts(Connection connection) pure returns (uint256) {
    return uint32(Connection.unwrap(connection) >> 192);
}

function epoch(Connection connection) pure returns (uint256) {
    return uint16(Connection.unwrap(connection) >> 224);
}

function standing(Connection connection) pure returns (Standing) {
    return Standing(uint8(Connection.unwrap(connection) >> 240));
}

/// @dev Whether reports are settled, be it that they only count.
function settles(Connection connection) pure returns (bool) {
    uint256 byte_ = uint8(Connection.unwrap(connection) >> 240);
    return byte_ == uint256(Standing.Settling) || byte_ == uint256(Standing.Slotted);
}

/// @dev Whether they only count.
function counts(Connection connection) pure returns (bool) {
    return uint8(Connection.unwrap(connection) >> 240) == uint256(Standing.Slotted);
}

/// @dev Whether another rating waits, or nothing later than it was settled yet.
function ratingAnnounced(Connection connection) pure returns (bool) {
    return Connection.unwrap(connection) >> 248 != 0;
}

function withRating(
    Connection connection,
    uint32 exportWatts_,
    uint32 importWatts_
) pure returns (Connection) {
    uint256 others = Connection.unwrap(connection) & ~(uint256(type(uint64).max) << 160);
    return Connection.wrap(others | (uint256(exportWatts_) << 160) | (uint256(importWatts_) << 192));
}

function withStanding(Connection connection, Standing standing_) pure returns (Connection) {
    uint256 others = Connection.unwrap(connection) & ~(uint256(type(uint8).max) << 240);
    return Connection.wrap(others | (uint256(standing_) << 240));
}
