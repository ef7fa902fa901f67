// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Arrays of words between contracts
/// @dev What the compiler makes of `abi.encodeCall(f, (words))` and `abi.decode(answer, (uint256[]))` walks the array
///      and costs about 70 gas a word; copied as it lies it is 6. Only between the system's own contracts.
library Words {
    /// @notice abi.encodeWithSelector(selector, words)
    function encode(bytes4 selector, uint256[] memory words) internal pure returns (bytes memory message) {
        assembly ("memory-safe") {
            let size := add(0x20, shl(5, mload(words)))
            message := mload(0x40)
            mstore(message, add(0x24, size))
            mstore(add(message, 0x20), selector)
            mstore(add(message, 0x24), 0x20)
            mcopy(add(message, 0x44), words, size)
            mstore(0x40, add(message, add(0x60, size)))
        }
    }

    /// @notice abi.encodeWithSelector(selector, first, second)
    function encode(
        bytes4 selector,
        uint256[] memory first,
        uint256[] memory second
    ) internal pure returns (bytes memory message) {
        assembly ("memory-safe") {
            let size := add(0x20, shl(5, mload(first)))
            let size2 := add(0x20, shl(5, mload(second)))
            message := mload(0x40)
            mstore(message, add(0x44, add(size, size2)))
            mstore(add(message, 0x20), selector)
            mstore(add(message, 0x24), 0x40)
            mstore(add(message, 0x44), add(0x40, size))
            mcopy(add(message, 0x64), first, size)
            mcopy(add(message, add(0x64, size)), second, size2)
            mstore(0x40, add(message, add(0x80, add(size, size2))))
        }
    }

    /// @notice abi.decode(encoded, (uint256[])), in the same memory
    function decode(bytes memory encoded) internal pure returns (uint256[] memory words) {
        assembly ("memory-safe") {
            words := add(encoded, 0x40)
        }
    }

    /// @notice emit Event(indexed, words), where `topic` is the event's selector
    function log(uint256[] memory words, bytes32 topic, address indexed_) internal {
        assembly ("memory-safe") {
            let size := add(0x20, shl(5, mload(words)))
            let data := mload(0x40)
            mstore(data, 0x20)
            mcopy(add(data, 0x20), words, size)
            log2(data, add(0x20, size), topic, indexed_)
        }
    }

    /// @notice Ends the call: what a function that returns `words` does last.
    function answer(uint256[] memory words) internal pure {
        assembly ("memory-safe") {
            let size := add(0x20, shl(5, mload(words)))
            let data := mload(0x40)
            mstore(data, 0x20)
            mcopy(add(data, 0x20), words, size)
            return(data, add(0x20, size))
        }
    }

    function cast(bytes32[] memory ids) internal pure returns (uint256[] memory words) {
        assembly ("memory-safe") {
            words := ids
        }
    }

    /// @notice words[i]; `i` must be below its length.
    function item(uint256[] memory words, uint256 i) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 0x20), shl(5, i)))
        }
    }

    /// @notice words[i] = word; `i` must be below its length.
    function put(uint256[] memory words, uint256 i, uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(words, 0x20), shl(5, i)), word)
        }
    }
}
