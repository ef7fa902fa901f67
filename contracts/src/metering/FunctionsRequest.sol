// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a Chainlink Functions node runs, in CBOR
/// @dev RFC 8949, the keys in the order and spelling that the nodes expect; the outer map is theirs to add.
library FunctionsRequest {
    /// @dev Major types, in the upper three bits of a head.
    uint8 private constant UNSIGNED = 0 << 5;
    uint8 private constant TEXT = 3 << 5;
    uint8 private constant ARRAY = 4 << 5;

    /// @notice Inline JavaScript with string arguments and no secrets.
    function encode(string memory source, string[] memory args) internal pure returns (bytes memory) {
        bytes memory list = _head(ARRAY, args.length);
        for (uint256 i = 0; i < args.length; ++i) list = bytes.concat(list, _text(args[i]));
        return
            bytes.concat(
                _text("codeLocation"),
                _head(UNSIGNED, 0),
                _text("language"),
                _head(UNSIGNED, 0),
                _text("source"),
                _text(source),
                _text("args"),
                list
            );
    }

    function _text(string memory value) private pure returns (bytes memory) {
        return bytes.concat(_head(TEXT, bytes(value).length), bytes(value));
    }

    /// @dev The shortest head for `value`; four bytes of length are more than a transaction can carry.
    function _head(uint8 majorType, uint256 value) private pure returns (bytes memory) {
        if (value < 24) return abi.encodePacked(majorType | uint8(value));
        if (value <= type(uint8).max) return abi.encodePacked(majorType | 24, uint8(value));
        if (value <= type(uint16).max) return abi.encodePacked(majorType | 25, uint16(value));
        return abi.encodePacked(majorType | 26, uint32(value));
    }
}
