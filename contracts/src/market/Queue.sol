// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The orders at one price, first in first out, and the first of them itself, in one word, highest bits first:
///         head 32 | tail 32 | headFilled 32 | epoch 32 | depth 64 | account and Wh of order 0, 32 each.
/// @dev `head` is the index of the oldest order that may still be open, `tail` the index that the next one gets,
///      `headFilled` how much of the head was filled, `epoch` how often the queue has emptied, `depth` what is open in
///      all. `depth` is 0 if and only if the queue is empty, and then `head` = `tail` = `headFilled` = 0.
type Queue is uint256;

using Queues for Queue global;

library Queues {
    uint256 private constant HEAD = 224;
    uint256 private constant TAIL = 192;
    uint256 private constant HEAD_FILLED = 160;
    uint256 private constant EPOCH = 128;
    uint256 private constant DEPTH = 64;

    function head(Queue queue) internal pure returns (uint32) {
        return uint32(Queue.unwrap(queue) >> HEAD);
    }

    function tail(Queue queue) internal pure returns (uint32) {
        return uint32(Queue.unwrap(queue) >> TAIL);
    }

    function headFilled(Queue queue) internal pure returns (uint32) {
        return uint32(Queue.unwrap(queue) >> HEAD_FILLED);
    }

    function epoch(Queue queue) internal pure returns (uint32) {
        return uint32(Queue.unwrap(queue) >> EPOCH);
    }

    function depth(Queue queue) internal pure returns (uint64) {
        return uint64(Queue.unwrap(queue) >> DEPTH);
    }

    /// @return entry Order 0: account 32 | Wh 32
    function first(Queue queue) internal pure returns (uint64 entry) {
        return uint64(Queue.unwrap(queue));
    }

    /// @notice The queue with one more order at its end. `entry` is kept inside when it is order 0.
    /// @dev `tail` must be below 2^32 - 1. `depth` fits: fewer than 2^32 orders of fewer than 2^32 Wh each.
    function append(Queue queue, uint64 entry) internal pure returns (Queue) {
        unchecked {
            uint256 word = Queue.unwrap(queue) + (1 << TAIL) + (uint256(uint32(entry)) << DEPTH);
            if (queue.tail() == 0) word |= entry;
            return Queue.wrap(word);
        }
    }

    /// @notice The queue after fills or a cancellation.
    function advance(
        Queue queue,
        uint32 head_,
        uint32 headFilled_,
        uint64 depth_
    ) internal pure returns (Queue) {
        return
            Queue.wrap(
                (uint256(head_) << HEAD) |
                    (uint256(queue.tail()) << TAIL) |
                    (uint256(headFilled_) << HEAD_FILLED) |
                    (uint256(queue.epoch()) << EPOCH) |
                    (uint256(depth_) << DEPTH) |
                    queue.first()
            );
    }

    /// @notice An empty queue in the next epoch.
    /// @dev A queue in the last epoch takes no orders, so one that empties has an epoch to come.
    function restart(Queue queue) internal pure returns (Queue) {
        unchecked {
            return Queue.wrap((uint256(queue.epoch()) + 1) << EPOCH);
        }
    }
}
