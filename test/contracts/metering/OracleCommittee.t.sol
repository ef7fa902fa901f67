// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IOracleCommittee} from "../../../contracts/src/metering/IReporters.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of OracleCommittee.tree.
contract OracleCommitteeTest is MeteringFixture {
    uint256 private constant CONFIGURATION = 3;
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint64 private constant LATER = uint64(START) + 1 days;

    IOracleCommittee private committee;
    uint256[] private keys;

    function setUp() public override {
        super.setUp();
        for (uint256 key = 1; key <= 5; ++key) keys.push(key * 7919);
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        committee = deployCommittee();
        converter.setReporter(address(committee), true);
        settleAfterHour(HOME, 0, 0);
        settleAfterHour(OTHER, 0, 0);
        pass(HOUR);
    }

    function test_SettlesWithExactlyTheQuorum() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 2, 4));
        vm.expectEmit(address(committee));
        emit IOracleCommittee.BatchSubmitted(stranger, 2, 1);
        vm.prank(stranger);
        committee.submit(reports, LATER, signatures);
        equal(energyToken.balanceOf(owner), 1_000, "settled");
        equal(energyToken.balanceOf(otherOwner), 2_000, "settled");
    }

    function testFuzz_AnyQuorumOfMembers(uint256 seed) public {
        (uint256 a, uint256 b, uint256 c) = (seed % 3, (seed / 3) % 2, (seed / 6) % 2);
        uint256 second = a + 1 + (a == 2 ? 0 : b % (3 - a));
        uint256 third = second + 1 + (second == 3 ? 0 : c % (4 - second));
        Report[] memory reports = batch();
        committee.submit(reports, LATER, sign(reports, three(a, second, third)));
        equal(energyToken.totalSupply(), 3_000, "settled");
    }

    /// @dev C2: the same batch again is skipped, report by report.
    function test_C2_ARepeatedBatchMovesNothing() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        committee.submit(reports, LATER, signatures);
        for (uint256 i = 0; i < 3; ++i) committee.submit(reports, LATER, signatures);
        committee.submit(reports, LATER, sign(reports, three(1, 2, 3)));
        equal(energyToken.totalSupply(), 3_000, "nothing more");
    }

    function test_RevertsWhen_TheBatchIsEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.EmptyBatch.selector));
        committee.submit(new Report[](0), LATER, new bytes[](3));
    }

    function test_RevertsWhen_TheBatchIsExpired() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        pass(LATER + 1 - clock);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.BatchExpired.selector, LATER, clock));
        committee.submit(reports, LATER, signatures);
    }

    function test_C3_RevertsWhen_TheCountIsNotTheQuorum() public {
        Report[] memory reports = batch();
        bytes[] memory all = signAs(reports, LATER, committee, indexes(5));
        for (uint256 count = 0; count <= 5; ++count) {
            if (count == 3) continue;
            bytes[] memory some = new bytes[](count);
            for (uint256 i = 0; i < count; ++i) some[i] = all[i];
            vm.expectRevert(
                abi.encodeWithSelector(IOracleCommittee.WrongSignatureCount.selector, count, uint8(3))
            );
            committee.submit(reports, LATER, some);
        }
    }

    function test_C3_RevertsWhen_OneSignsTwice() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 1));
        address twice = vm.addr(keys[1]);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.SignersNotAscending.selector, twice, twice));
        committee.submit(reports, LATER, signatures);
    }

    function test_C3_RevertsWhen_SignersAreOutOfOrder() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 2, 1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IOracleCommittee.SignersNotAscending.selector,
                vm.addr(keys[2]),
                vm.addr(keys[1])
            )
        );
        committee.submit(reports, LATER, signatures);
    }

    function testFuzz_C3_RevertsWhen_AStrangerSigns(uint256 key) public {
        key = 1 + (key % (N - 1));
        for (uint256 i = 0; i < 5; ++i) vm.assume(key != keys[i]);
        Report[] memory reports = batch();
        bytes32 digest = committee.digest(reports, LATER);
        bytes[] memory signatures = new bytes[](3);
        address signer = vm.addr(key);
        // In its place by address, beside two members.
        uint256 place =
            signer < vm.addr(keys[0])
                ? 0
                : signer < vm.addr(keys[1])
                    ? 1
                    : 2;
        uint256 member = 0;
        for (uint256 i = 0; i < 3; ++i) signatures[i] = signature(i == place ? key : keys[member++], digest);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.NotMember.selector, signer));
        committee.submit(reports, LATER, signatures);
    }

    function test_C3_RevertsWhen_SIsHigh() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[1], committee.digest(reports, LATER));
        signatures[1] = abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.MalformedSignature.selector, 1));
        committee.submit(reports, LATER, signatures);
    }

    function test_C3_RevertsWhen_ASignatureIsMalformed() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        bytes memory good = signatures[2];
        bytes[4] memory bad = [bytes(""), new bytes(64), new bytes(65), abi.encodePacked(good, uint8(0))];
        for (uint256 i = 0; i < bad.length; ++i) {
            signatures[2] = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.MalformedSignature.selector, 2));
            committee.submit(reports, LATER, signatures);
        }
    }

    function testFuzz_C3_RevertsWhen_OneBitOfASignatureFlips(uint256 which, uint256 bit) public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 2, 4));
        bytes memory flipped = signatures[which % 3];
        bit %= 65 * 8;
        flipped[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool ok, ) = address(committee).call(abi.encodeCall(committee.submit, (reports, LATER, signatures)));
        check(!ok && energyToken.totalSupply() == 0, "refused");
    }

    function testFuzz_C3_RevertsWhen_OneBitOfTheBatchFlips(uint256 word, uint256 bit) public {
        Report[] memory reports = batch();
        bytes memory data = abi.encodeCall(committee.submit, (reports, LATER, sign(reports, three(0, 1, 2))));
        // selector | offset, deadline, offset | length | 12 words of two reports: flip a bit in deadline, length or reports
        uint256 offset = 4 + 32 * (word % 14 == 0 ? 1 : 3 + (word % 14) - 1);
        bit %= 256;
        data[offset + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool ok, ) = address(committee).call(data);
        check(!ok && energyToken.totalSupply() == 0, "refused");
    }

    function test_C3_RevertsWhen_SignedForAnotherContract() public {
        IOracleCommittee twin = deployCommittee();
        Report[] memory reports = batch();
        bytes[] memory signatures = signAs(reports, LATER, twin, three(0, 1, 2));
        (bool ok, ) = address(committee).call(abi.encodeCall(committee.submit, (reports, LATER, signatures)));
        check(!ok, "no replay on another deployment");
    }

    function test_C3_RevertsWhen_SignedForAnotherChain() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        ChainId(address(vm)).chainId(block.chainid + 1);
        (bool ok, ) = address(committee).call(abi.encodeCall(committee.submit, (reports, LATER, signatures)));
        check(!ok, "no replay on another chain");
    }

    /// @dev Attack: lower the quorum, or bring a member back, to revive signatures of an earlier configuration.
    function test_C3_EveryChangeOfTheCommitteeVoidsEarlierSignatures() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        vm.expectEmit(address(committee));
        emit IOracleCommittee.CommitteeChanged(2, addresses(5), 4);
        committee.setCommittee(addresses(5), 4);
        committee.setCommittee(addresses(5), 3);
        equal(committee.configuration(), 3, "configuration");
        (bool ok, ) = address(committee).call(abi.encodeCall(committee.submit, (reports, LATER, signatures)));
        check(!ok, "same members, same quorum, still void");
        committee.submit(reports, LATER, sign(reports, three(0, 1, 2)));
    }

    function test_AFormerMemberSignsNothing() public {
        committee.setCommittee(addresses(4), 3);
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 4));
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.NotMember.selector, vm.addr(keys[4])));
        committee.submit(reports, LATER, signatures);
        equal(committee.members().length, 4, "members");
    }

    function test_RevertsWhen_TheCommitteeIsInvalid() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.InvalidMembers.selector, 0, 32));
        committee.setCommittee(new address[](0), 1);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.InvalidMembers.selector, 33, 32));
        committee.setCommittee(new address[](33), 17);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.InvalidQuorum.selector, 2, 4));
        committee.setCommittee(addresses(4), 2);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.InvalidQuorum.selector, 6, 5));
        committee.setCommittee(addresses(5), 6);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.InvalidQuorum.selector, 0, 1));
        committee.setCommittee(addresses(1), 0);
        address[] memory unordered = addresses(3);
        unordered[2] = unordered[1];
        vm.expectRevert(
            abi.encodeWithSelector(IOracleCommittee.MembersNotAscending.selector, unordered[1], unordered[1])
        );
        committee.setCommittee(unordered, 2);
        unordered[0] = address(0);
        vm.expectRevert(
            abi.encodeWithSelector(IOracleCommittee.MembersNotAscending.selector, address(0), address(0))
        );
        committee.setCommittee(unordered, 2);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        committee.setCommittee(addresses(5), 5);
    }

    function test_RevertsWhen_ConfigurationsAreUsedUp() public {
        uint256 word = uint256(vm.load(address(committee), bytes32(CONFIGURATION)));
        equal(uint32(word), committee.configuration(), "where configurations are counted");
        vm.store(address(committee), bytes32(CONFIGURATION), bytes32(word | type(uint32).max));
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.TooManyConfigurations.selector));
        committee.setCommittee(addresses(5), 3);
    }

    function testFuzz_KeepsItsMembers(uint8 count) public {
        count = 1 + (count % 32);
        address[] memory many = new address[](count);
        for (uint160 i = 0; i < count; ++i) many[i] = address((i + 1) * 0x1111111111);
        committee.setCommittee(many, count);
        check(keccak256(abi.encode(committee.members())) == keccak256(abi.encode(many)), "members");
    }

    function test_PassesTheConvertersRefusalOn() public {
        Report[] memory reports = batch();
        bytes[] memory signatures = sign(reports, three(0, 1, 2));
        converter.pauseReporter(address(committee), true);
        vm.expectRevert(
            abi.encodeWithSelector(IEnergyConverter.ReporterIsPaused.selector, address(committee))
        );
        committee.submit(reports, LATER, signatures);
    }

    function deployCommittee() private returns (IOracleCommittee) {
        return
            IOracleCommittee(
                create("OracleCommittee", abi.encode(access, converter, addresses(5), uint8(3)))
            );
    }

    function batch() private view returns (Report[] memory reports) {
        reports = new Report[](2);
        reports[0] = reading(HOME, 1_000, 0);
        reports[1] = reading(OTHER, 3_000, 1_000);
    }

    function sign(Report[] memory reports, uint256[] memory who) private view returns (bytes[] memory) {
        return signAs(reports, LATER, committee, who);
    }

    function signAs(
        Report[] memory reports,
        uint64 deadline,
        IOracleCommittee target,
        uint256[] memory who
    ) private view returns (bytes[] memory signatures) {
        bytes32 digest = target.digest(reports, deadline);
        signatures = new bytes[](who.length);
        for (uint256 i = 0; i < who.length; ++i) signatures[i] = signature(keys[who[i]], digest);
    }

    function signature(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function addresses(uint256 count) private view returns (address[] memory list) {
        list = new address[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = vm.addr(keys[i]);
    }

    function indexes(uint256 count) private pure returns (uint256[] memory list) {
        list = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = i;
    }

    function three(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory list) {
        list = new uint256[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}

/// @dev One more cheatcode.
interface ChainId {
    function chainId(uint256 id) external;
}
