// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {FunctionsRequest} from "../../../contracts/src/metering/FunctionsRequest.sol";
import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {IFunctionsReporter} from "../../../contracts/src/metering/IReporters.sol";
import {MeteringFixture} from "./MeteringFixture.sol";
import {Router} from "./Router.sol";

/// @dev Which request of a meter is in flight.
interface Requests {
    function inFlight(bytes32 meterId) external view returns (bytes32);
}

/// @notice The branches of FunctionsReporter.tree.
contract FunctionsReporterTest is MeteringFixture {
    string private constant SOURCE = "return Functions.encodeUint256(1)";

    Router private router;
    IFunctionsReporter private reporter;

    function setUp() public override {
        super.setUp();
        router = new Router();
        reporter = deployReporter();
        converter.setReporter(address(reporter), true);
        settleAfterHour(HOME, 0, 0);
        pass(HOUR);
        reporter.configure(SOURCE, "https://a,https://b", "don", 7, 300_000, 600);
    }

    function test_RevertsWhen_NotConfigured() public {
        IFunctionsReporter fresh = deployReporter();
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.NotConfigured.selector));
        fresh.requestSettlement(HOME);
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.EmptySource.selector));
        fresh.configure("", "https://a", "don", 7, 300_000, 600);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        fresh.configure(SOURCE, "https://a", "don", 7, 300_000, 600);
    }

    function test_TheEventSaysAllThatIsConfigured() public {
        vm.expectEmit(address(reporter));
        emit IFunctionsReporter.FunctionsConfigured("don", 8, 400_000, 60, "https://c", "return 0");
        reporter.configure("return 0", "https://c", "don", 8, 400_000, 60);
    }

    function test_RevertsWhen_TheMeterIsNotEligible() public {
        refuse("nobody");
        IMeterRegistry.Registration memory sub = registration("sub", owner);
        sub.connectionPoint = 0;
        install(sub);
        refuse("sub");
        registry.setTrust(HOME, IMeterRegistry.TrustClass.C);
        refuse(HOME);
        registry.setTrust(HOME, IMeterRegistry.TrustClass.B);
        registry.suspend(HOME);
        refuse(HOME);
        registry.resume(HOME);
        reporter.requestSettlement(HOME);
    }

    function test_AsksForTheMeterAsTheRegistryKnowsIt() public {
        vm.expectEmit(address(reporter));
        emit IFunctionsReporter.SettlementRequested(bytes32(uint256(1)), HOME, stranger, uint40(clock));
        vm.prank(stranger);
        reporter.requestSettlement(HOME);

        check(
            router.terms() == keccak256(abi.encode(uint64(7), uint16(1), uint32(300_000), bytes32("don"))),
            "subscription, version, gas and network are pinned"
        );
        // RFC 8949 by hand: 0x60 + n and 0x78 n are text, 0x80 + n is a list.
        bytes memory expected = bytes.concat(
            abi.encodePacked(hex"6c", "codeLocation", hex"00", hex"68", "language", hex"00"),
            abi.encodePacked(hex"66", "source", hex"7821", SOURCE, hex"64", "args", hex"88"),
            abi.encodePacked(hex"73", "https://a,https://b"),
            abi.encodePacked(hex"7842", "0x686f6d652d303100000000000000000000000000000000000000000000000000"),
            abi.encodePacked(hex"7842", "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            abi.encodePacked(hex"7842", "0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
            abi.encodePacked(
                hex"61",
                "1",
                hex"6a",
                "1800007200",
                hex"65",
                "31337",
                hex"782a",
                text(address(registry))
            )
        );
        check(keccak256(router.data()) == keccak256(expected), "source and eight arguments");
    }

    function test_LongTextsGetLongHeads() public pure {
        uint256[6] memory sizes = [uint256(23), 24, 255, 256, 65_535, 65_536];
        bytes[6] memory heads = [
            bytes(hex"77"),
            hex"7818",
            hex"78ff",
            hex"790100",
            hex"79ffff",
            hex"7a00010000"
        ];
        for (uint256 i = 0; i < 6; ++i) {
            string memory source = string(new bytes(sizes[i]));
            bytes memory expected = abi.encodePacked(
                hex"6c",
                "codeLocation",
                hex"0068",
                "language",
                hex"0066",
                "source",
                heads[i],
                source,
                hex"64",
                "args",
                hex"80"
            );
            bytes memory found = FunctionsRequest.encode(source, new string[](0));
            check(keccak256(found) == keccak256(expected), "head");
        }
    }

    function test_OneInFlight_OneAnInterval() public {
        reporter.requestSettlement(HOME);
        pass(599);
        vm.expectRevert(
            abi.encodeWithSelector(IFunctionsReporter.RequestInFlight.selector, HOME, bytes32(uint256(1)))
        );
        reporter.requestSettlement(HOME);
        router.answer(reporter, 1, "", "down");
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.TooSoon.selector, HOME, clock + 1));
        reporter.requestSettlement(HOME);
        pass(1);
        reporter.requestSettlement(HOME);
    }

    function test_SettlesTheAnswer() public {
        reporter.requestSettlement(HOME);
        Report memory report = reading(HOME, 2_500, 500);
        pass(30);
        vm.expectEmit(address(reporter));
        emit IFunctionsReporter.RequestFulfilled(bytes32(uint256(1)), HOME);
        router.answer(reporter, 1, words(report), "");
        equal(energyToken.balanceOf(owner), 2_000, "minted");
        check(Requests(address(reporter)).inFlight(HOME) == 0, "no longer in flight");
        // The same answer again belongs to no request.
        expectFailure(1, 0, words(report), "", "unknown request");
    }

    function test_OnlyTheRouterAnswers() public {
        reporter.requestSettlement(HOME);
        bytes memory response = words(reading(HOME, 2_500, 0));
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.OnlyRouter.selector, stranger));
        vm.prank(stranger);
        reporter.handleOracleFulfillment(bytes32(uint256(1)), response, "");
    }

    function test_ABadAnswerEndsInRequestFailed() public {
        Report memory report = reading(HOME, 2_500, 0);
        expectFailureOfNext(words(report), "no oracle answered", "no oracle answered");
        expectFailureOfNext("", "", "answer is not six words");
        expectFailureOfNext(new bytes(191), "", "answer is not six words");
        expectFailureOfNext(new bytes(193), "", "answer is not six words");
        report.meterId = OTHER;
        expectFailureOfNext(words(report), "", "answer is for another meter");
        report.meterId = HOME;
        report.timestamp += 7_000;
        expectFailureOfNext(words(report), "", "reading is after the cut-off");
        report.timestamp -= 7_000;
        report.epoch = 2;
        expectFailureOfNext(words(report), "", "skipped: 5");
        report.epoch = 1;
        report.exportWh = 2 ** 60;
        expectFailureOfNext(words(report), "", "skipped: 11");
        equal(energyToken.totalSupply(), 0, "nothing was minted");
    }

    function testFuzz_WordsOutOfRangeNeverRevert(uint256[6] calldata answer) public {
        reporter.requestSettlement(HOME);
        router.answer(reporter, 1, abi.encode(answer), "");
        check(Requests(address(reporter)).inFlight(HOME) == 0, "answered");
        equal(energyToken.totalSupply(), 0, "nothing was minted");
    }

    function test_EveryWordIsCheckedForItsRange() public {
        Report memory report = reading(HOME, 2_500, 0);
        uint256[6] memory limits = [uint256(0), 2 ** 64, 2 ** 64, 2 ** 64, 2 ** 40, 2 ** 32];
        for (uint256 word = 1; word < 6; ++word) {
            bytes memory response = words(report);
            uint256 limit = limits[word];
            assembly ("memory-safe") {
                let slot := add(response, mul(add(word, 1), 0x20))
                mstore(slot, or(mload(slot), limit))
            }
            expectFailureOfNext(response, "", "answer is out of range");
        }
    }

    function test_AKeyOrEpochChangedMeanwhileVoidsTheAnswer() public {
        reporter.requestSettlement(HOME);
        Report memory report = reading(HOME, 2_500, 0);
        bytes32 x = 0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978;
        bytes32 y = 0x07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1;
        registry.proposeKey(HOME, x, y);
        vm.prank(owner);
        registry.acceptKey(HOME, x, y);
        expectFailure(1, HOME, words(report), "", "key changed");

        pass(600);
        reporter.requestSettlement(HOME);
        Report memory unknown;
        declareEpoch(HOME, unknown);
        expectFailure(2, HOME, words(report), "", "epoch changed");
    }

    function test_APausedReporterEndsInRequestFailed() public {
        reporter.requestSettlement(HOME);
        bytes memory response = words(reading(HOME, 2_500, 0));
        converter.pauseReporter(address(reporter), true);
        expectFailure(
            1,
            HOME,
            response,
            "",
            abi.encodeWithSelector(bytes4(keccak256("ReporterIsPaused(address)")), address(reporter))
        );
    }

    function test_AnUnansweredRequestIsDroppedAfterADay_AndTheLateAnswerCountsNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.NoRequestInFlight.selector, HOME));
        reporter.dropRequest(HOME);
        reporter.requestSettlement(HOME);
        uint256 allowedAt = clock + 1 days;
        pass(1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.TooSoon.selector, HOME, allowedAt));
        reporter.dropRequest(HOME);
        pass(1);
        vm.expectEmit(address(reporter));
        emit IFunctionsReporter.RequestFailed(bytes32(uint256(1)), HOME, "not answered");
        vm.prank(stranger);
        reporter.dropRequest(HOME);

        reporter.requestSettlement(HOME);
        expectFailure(1, 0, words(reading(HOME, 2_500, 0)), "", "unknown request");
        check(
            Requests(address(reporter)).inFlight(HOME) == bytes32(uint256(2)),
            "the new request still waits"
        );
    }

    function expectFailureOfNext(bytes memory response, bytes memory err, bytes memory reason) private {
        pass(600);
        reporter.requestSettlement(HOME);
        expectFailure(router.requests(), HOME, response, err, reason);
    }

    function expectFailure(
        uint256 id,
        bytes32 meterId,
        bytes memory response,
        bytes memory err,
        bytes memory reason
    ) private {
        vm.expectEmit(address(reporter));
        emit IFunctionsReporter.RequestFailed(bytes32(id), meterId, reason);
        router.answer(reporter, id, response, err);
    }

    function deployReporter() private returns (IFunctionsReporter) {
        return
            IFunctionsReporter(create("FunctionsReporter", abi.encode(access, router, registry, converter)));
    }

    function refuse(bytes32 meterId) private {
        vm.expectRevert(abi.encodeWithSelector(IFunctionsReporter.MeterNotEligible.selector, meterId));
        reporter.requestSettlement(meterId);
    }

    function words(Report memory report) private pure returns (bytes memory) {
        return abi.encode(report);
    }

    function text(address value) private pure returns (bytes memory hexText) {
        bytes16 digits = "0123456789abcdef";
        hexText = new bytes(42);
        (hexText[0], hexText[1]) = ("0", "x");
        for (uint256 i = 0; i < 20; ++i) {
            uint8 one = uint8(bytes20(value)[i]);
            hexText[2 + 2 * i] = digits[one >> 4];
            hexText[3 + 2 * i] = digits[one & 15];
        }
    }
}
