// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A list of addresses kept as a contract's code
/// @dev One cold access reads them all, where storage takes one a member. The code begins with STOP: it runs nothing.
contract MemberList {
    constructor(address[] memory members) {
        bytes memory code = abi.encodePacked(hex"00", members);
        assembly ("memory-safe") {
            return(add(code, 0x20), mload(code))
        }
    }
}

/// @notice The addresses in `list`, in the order in which they were given.
function membersOf(MemberList list) view returns (address[] memory members) {
    members = new address[]((address(list).code.length - 1) / 32);
    assembly ("memory-safe") {
        extcodecopy(list, add(members, 0x20), 1, mul(mload(members), 0x20))
    }
}
