// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IOracleCommittee} from "../../../contracts/src/metering/IReporters.sol";
import {IRootCommittee} from "../../../contracts/src/metering/IRootCommittee.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of RootCommittee.tree, over a tree of four leaves: HOME, OTHER, and two that are nobody's.
contract RootCommitteeTest is MeteringFixture {
    uint64 private constant LATER = uint64(START) + 30 days;
    bytes32 private constant THIRD = keccak256("third");
    bytes32 private constant FOURTH = keccak256("fourth");

    IRootCommittee private _roots;
    uint256[] private _keys;

    function setUp() public override {
        super.setUp();
        for (uint256 key = 1; key <= 5; ++key) _keys.push(key * 7919);
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(_keys[j]) < vm.addr(_keys[j - 1]); --j) {
                (_keys[j], _keys[j - 1]) = (_keys[j - 1], _keys[j]);
            }
        }
        address[] memory members = new address[](5);
        for (uint256 i = 0; i < 5; ++i) members[i] = vm.addr(_keys[i]);
        _roots = IRootCommittee(create("RootCommittee", abi.encode(access, converter, members, uint8(3))));
        converter.setReporter(address(_roots), true);
        settleAfterHour(HOME, 0, 0);
        settleAfterHour(OTHER, 0, 0);
        pass(HOUR);
    }

    /* COMMITTING */

    function test_TheQuorumsRootIsKept() public {
        uint40 end = uint40(clock);
        bytes32 root = _root(_reports(1_000, 2_000));
        bytes[] memory signatures = _sign(_roots, root, end, LATER, 3);
        vm.expectEmit(address(_roots));
        emit IRootCommittee.RootCommitted(end, root, stranger, 1);
        vm.prank(stranger);
        _roots.commitRoot(root, end, LATER, signatures);
        check(_roots.rootOf(end) == bytes28(root), "kept");
        check(_roots.rootOf(end - 60) == 0 && _roots.rootOf(end + 1) == 0, "for its window alone");
        check(_roots.rootOf(end + 1_024 * 60) == 0, "not for the one that will take its place");
    }

    function test_RevertsWhen_TheRootOrTheWindowIsNone() public {
        uint40 end = uint40(clock);
        _refusesRoot(0, end, LATER, abi.encodeWithSelector(IRootCommittee.ZeroRoot.selector, end));
        bytes4 grid = IRootCommittee.WindowOffGrid.selector;
        _refusesRoot(THIRD, end - 1, LATER, abi.encodeWithSelector(grid, end - 1, 60));
        _refusesRoot(THIRD, end - 59, LATER, abi.encodeWithSelector(grid, end - 59, 60));
        _refusesRoot(
            THIRD,
            end + 60,
            LATER,
            abi.encodeWithSelector(IRootCommittee.WindowInFuture.selector, end + 60, clock)
        );
    }

    function test_Attack_ASecondRootOfAWindow() public {
        uint40 end = uint40(clock);
        _commit(THIRD, end);
        _refusesRoot(
            FOURTH,
            end,
            LATER,
            abi.encodeWithSelector(IRootCommittee.WindowTooOld.selector, end, end)
        );
    }

    function test_Attack_AnOldRoot() public {
        uint40 end = uint40(clock);
        bytes[] memory signatures = _sign(_roots, THIRD, end, LATER, 3);
        _roots.commitRoot(THIRD, end, LATER, signatures);
        pass(1_024 * 60);
        _commit(FOURTH, end + 1_024 * 60);
        check(_roots.rootOf(end) == 0, "no longer known");
        _refusesRoot(
            THIRD,
            end,
            LATER,
            abi.encodeWithSelector(IRootCommittee.WindowTooOld.selector, end, end + 1_024 * 60)
        );
        Report[] memory reports = _reports(1_000, 2_000);
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end, _proof(reports, 0))),
            abi.encodeWithSelector(IRootCommittee.UnknownRoot.selector, end)
        );
    }

    function test_Attack_ARootOfMembersWhoWereReplaced() public {
        (Report[] memory reports, uint40 end) = _committed();
        bytes32[] memory proof = _proof(reports, 0);
        (bytes32[] memory both, bool[] memory flags) = _proofOfBoth();
        pass(60);
        address[] memory members = new address[](1);
        members[0] = vm.addr(_keys[0]);
        IOracleCommittee(address(_roots)).setCommittee(members, 1);
        bytes memory former = abi.encodeWithSelector(
            IRootCommittee.RootOfFormerCommittee.selector,
            end,
            uint40(clock)
        );
        _refuses(abi.encodeCall(_roots.settleProven, (reports[0], end, proof)), former);
        _refuses(abi.encodeCall(_roots.settleAllProven, (reports, end, both, flags)), former);
        // Nor does a root of theirs that has only now come, or of this very second.
        bytes[] memory signatures = _sign(_roots, FOURTH, uint40(clock), LATER, 1);
        _refuses(
            abi.encodeCall(_roots.commitRoot, (FOURTH, uint40(clock), LATER, signatures)),
            abi.encodeWithSelector(
                IRootCommittee.RootOfFormerCommittee.selector,
                uint40(clock),
                uint40(clock)
            )
        );
        pass(60);
        _roots.commitRoot(FOURTH, uint40(clock), LATER, _sign(_roots, FOURTH, uint40(clock), LATER, 1));
        check(_roots.rootOf(uint40(clock)) == bytes28(FOURTH), "the new members' counts");
    }

    function test_Attack_AReportThatWaitsForItsTime() public {
        Report[] memory reports = _reports(1_000, 2_000);
        uint40 end = uint40(clock);
        (reports[0].timestamp, reports[1].timestamp) = (end + 15 minutes, end + 15 minutes + 1);
        _commit(_root(reports), end);
        pass(1 days);
        bytes memory late = abi.encodeWithSelector(
            IRootCommittee.ReportAfterWindow.selector,
            OTHER,
            reports[1].timestamp,
            uint256(end) + 15 minutes
        );
        (bytes32[] memory both, bool[] memory flags) = _proofOfBoth();
        _refuses(abi.encodeCall(_roots.settleProven, (reports[1], end, _proof(reports, 1))), late);
        _refuses(abi.encodeCall(_roots.settleAllProven, (reports, end, both, flags)), late);
        _roots.settleProven(reports[0], end, _proof(reports, 0));
        equal(energyToken.balanceOf(owner), 1_000, "what is in time counts");
    }

    function test_RevertsWhen_TheSignaturesAreNotTheQuorumsOverThis() public {
        uint40 end = uint40(clock);
        bytes[] memory signatures = _sign(_roots, THIRD, end, LATER, 2);
        vm.expectRevert(abi.encodeWithSelector(IOracleCommittee.WrongSignatureCount.selector, 2, uint8(3)));
        _roots.commitRoot(THIRD, end, LATER, signatures);
        pass(LATER + 1 - clock);
        _refusesRoot(
            THIRD,
            end,
            LATER,
            abi.encodeWithSelector(IOracleCommittee.BatchExpired.selector, LATER, clock)
        );
    }

    function test_Attack_SignaturesOverAnotherRootWindowDeadlineOrContract() public {
        uint40 end = uint40(clock);
        address[] memory members = IOracleCommittee(address(_roots)).members();
        IRootCommittee other = IRootCommittee(
            create("RootCommittee", abi.encode(access, converter, members, uint8(3)))
        );
        _mustNotCommit(_sign(_roots, FOURTH, end, LATER, 3));
        _mustNotCommit(_sign(_roots, THIRD, end - 60, LATER, 3));
        _mustNotCommit(_sign(_roots, THIRD, end, LATER - 1, 3));
        _mustNotCommit(_sign(other, THIRD, end, LATER, 3));
        bytes[] memory before = _sign(_roots, THIRD, end + 60, LATER, 3);
        IOracleCommittee(address(_roots)).setCommittee(members, 3);
        pass(60);
        _mustNotCommit(before);
        _roots.commitRoot(THIRD, end + 60, LATER, _sign(_roots, THIRD, end + 60, LATER, 3));
    }

    /* SETTLING */

    function test_AnyoneSettlesAReportByItsProof() public {
        (Report[] memory reports, uint40 end) = _committed();
        vm.prank(stranger);
        _roots.settleProven(reports[0], end, _proof(reports, 0));
        equal(energyToken.balanceOf(owner), 1_000, "settled");
        equal(energyToken.balanceOf(otherOwner), 0, "and no other");
        _roots.settleProven(reports[1], end, _proof(reports, 1));
        equal(energyToken.balanceOf(otherOwner), 2_000, "later");
    }

    function test_OneProofSettlesSeveral() public {
        (Report[] memory reports, uint40 end) = _committed();
        (bytes32[] memory proof, bool[] memory flags) = _proofOfBoth();
        vm.prank(stranger);
        _roots.settleAllProven(reports, end, proof, flags);
        equal(energyToken.balanceOf(owner), 1_000, "settled");
        equal(energyToken.balanceOf(otherOwner), 2_000, "settled");
    }

    function test_Attack_ALeafTwice() public {
        (Report[] memory reports, uint40 end) = _committed();
        bytes32[] memory proof = _proof(reports, 0);
        _roots.settleProven(reports[0], end, proof);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.ReportSkipped(HOME, IEnergyConverter.SkipReason.Stale, reports[0].timestamp);
        _roots.settleProven(reports[0], end, proof);
        // A root that has it twice settles it once as well.
        Report[] memory twice = _reports(1_500, 0);
        twice[1] = twice[0];
        pass(HOUR);
        (twice[0].timestamp, twice[1].timestamp) = (uint40(clock), uint40(clock));
        _commit(_root(twice), uint40(clock));
        (bytes32[] memory both, bool[] memory flags) = _proofOfBoth();
        _roots.settleAllProven(twice, uint40(clock), both, flags);
        equal(energyToken.balanceOf(owner), 1_500, "each Wh once");
    }

    function test_Attack_AProofOfAnotherWindow() public {
        (Report[] memory reports, uint40 end) = _committed();
        pass(60);
        _commit(THIRD, end + 60);
        bytes4 wrong = IRootCommittee.WrongProof.selector;
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end + 60, _proof(reports, 0))),
            abi.encodeWithSelector(wrong, end + 60, HOME)
        );
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end - 60, _proof(reports, 0))),
            abi.encodeWithSelector(IRootCommittee.UnknownRoot.selector, end - 60)
        );
        (bytes32[] memory proof, bool[] memory flags) = _proofOfBoth();
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (reports, end + 60, proof, flags)),
            abi.encodeWithSelector(IRootCommittee.WrongProofOfMany.selector, end + 60, 2)
        );
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (reports, end - 60, proof, flags)),
            abi.encodeWithSelector(IRootCommittee.UnknownRoot.selector, end - 60)
        );
    }

    function test_Attack_AChangedReport_OrAnotherLeafsProof() public {
        (Report[] memory reports, uint40 end) = _committed();
        bytes memory wrong = abi.encodeWithSelector(IRootCommittee.WrongProof.selector, end, HOME);
        bytes32[] memory proof = _proof(reports, 0);
        _refuses(abi.encodeCall(_roots.settleProven, (reports[0], end, _proof(reports, 1))), wrong);
        _refuses(abi.encodeCall(_roots.settleProven, (reports[0], end, new bytes32[](0))), wrong);
        ++reports[0].exportWh;
        _refuses(abi.encodeCall(_roots.settleProven, (reports[0], end, proof)), wrong);
        (bytes32[] memory both, bool[] memory flags) = _proofOfBoth();
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (reports, end, both, flags)),
            abi.encodeWithSelector(IRootCommittee.WrongProofOfMany.selector, end, 2)
        );
    }

    function test_RevertsWhen_TheProofIsTooLong() public {
        (Report[] memory reports, uint40 end) = _committed();
        bytes4 long = IRootCommittee.ProofTooLong.selector;
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end, new bytes32[](33))),
            abi.encodeWithSelector(long, 33, 32)
        );
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end, new bytes32[](32))),
            abi.encodeWithSelector(IRootCommittee.WrongProof.selector, end, HOME)
        );
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (reports, end, new bytes32[](64), new bool[](65))),
            abi.encodeWithSelector(long, 65, 64)
        );
    }

    function test_RevertsWhen_SeveralAreNone_OrTheirProofIsMalformed() public {
        (Report[] memory reports, uint40 end) = _committed();
        // Of no report the root itself would be the proof.
        bytes32[] memory root = new bytes32[](1);
        root[0] = _root(reports);
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (new Report[](0), end, root, new bool[](0))),
            abi.encodeWithSelector(IOracleCommittee.EmptyBatch.selector)
        );
        _refuses(
            abi.encodeCall(_roots.settleAllProven, (reports, end, root, new bool[](3))),
            abi.encodeWithSelector(MerkleProof.MerkleProofInvalidMultiproof.selector)
        );
    }

    function test_APausedCommittee_SettlesNoRootEither() public {
        (Report[] memory reports, uint40 end) = _committed();
        converter.pauseReporter(address(_roots), true);
        _refuses(
            abi.encodeCall(_roots.settleProven, (reports[0], end, _proof(reports, 0))),
            abi.encodeWithSelector(IEnergyConverter.ReporterIsPaused.selector, _roots)
        );
    }

    function test_ALeafIsTheReportsStructHash() public view {
        Report memory report = _reports(1_000, 2_000)[0];
        bytes32 reportType = keccak256(
            "Report(bytes32 meterId,uint64 exportWh,uint64 importWh,uint64 storedWh,uint40 timestamp,uint32 epoch)"
        );
        check(_roots.leaf(report) == keccak256(abi.encode(reportType, report)), "EIP-712");
    }

    /* SHORTHAND */

    function _reports(uint64 homes, uint64 others) private view returns (Report[] memory reports) {
        reports = new Report[](2);
        reports[0] = reading(HOME, homes, 0);
        reports[1] = reading(OTHER, others, 0);
    }

    function _committed() private returns (Report[] memory reports, uint40 end) {
        reports = _reports(1_000, 2_000);
        end = uint40(clock);
        _commit(_root(reports), end);
    }

    function _commit(bytes32 root, uint40 end) private {
        _roots.commitRoot(root, end, LATER, _sign(_roots, root, end, LATER, 3));
    }

    function _root(Report[] memory reports) private view returns (bytes32) {
        return _node(_node(_roots.leaf(reports[0]), _roots.leaf(reports[1])), _node(THIRD, FOURTH));
    }

    function _proof(Report[] memory reports, uint256 index) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        proof[0] = _roots.leaf(reports[1 - index]);
        proof[1] = _node(THIRD, FOURTH);
    }

    function _proofOfBoth() private pure returns (bytes32[] memory proof, bool[] memory flags) {
        proof = new bytes32[](1);
        proof[0] = _node(THIRD, FOURTH);
        flags = new bool[](2);
        flags[0] = true;
    }

    function _node(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function _sign(
        IRootCommittee target,
        bytes32 root,
        uint40 end,
        uint64 deadline,
        uint256 count
    ) private view returns (bytes[] memory signatures) {
        bytes32 digest = target.commitmentDigest(root, end, deadline);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[i], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function _refusesRoot(bytes32 root, uint40 end, uint64 deadline, bytes memory reason) private {
        bytes[] memory signatures = _sign(_roots, root, end, deadline, 3);
        _refuses(abi.encodeCall(_roots.commitRoot, (root, end, deadline, signatures)), reason);
    }

    /// @dev Signatures over something else recover to somebody else.
    function _mustNotCommit(bytes[] memory signatures) private {
        (bool done, ) = address(_roots).call(
            abi.encodeCall(_roots.commitRoot, (THIRD, uint40(clock), LATER, signatures))
        );
        check(!done && _roots.rootOf(uint40(clock)) == 0, "not these");
    }

    function _refuses(bytes memory call, bytes memory reason) private {
        uint256 supply = energyToken.totalSupply();
        (bool done, bytes memory answer) = address(_roots).call(call);
        check(!done, "refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
        equal(energyToken.totalSupply(), supply, "nothing moved");
    }
}
