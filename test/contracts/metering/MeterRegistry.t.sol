// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {BatteryWord} from "../../../contracts/src/metering/BatteryWord.sol";
import {Connection, Standing} from "../../../contracts/src/metering/Connection.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {Stops} from "../../../contracts/src/metering/Stops.sol";
import {DeviceKey} from "./DeviceKey.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of MeterRegistry.tree.
contract MeterRegistryTest is MeteringFixture {
    uint256 private constant RECORDS = 5;

    function test_RecordsEverything() public {
        registry.setActivationDelay(2 days);
        IMeterRegistry.Registration memory given = registration("battery-7", stranger);
        given.kind = IMeterRegistry.MeterKind.Battery;
        given.trust = IMeterRegistry.TrustClass.B;
        given.exportWatts = 4_000_000_000;
        given.importWatts = 1;
        given.capacityWh = 2 ** 48 - 1;
        given.creditWh = type(uint64).max;
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterRegistered("battery-7", stranger, 3, given, uint40(clock + 2 days));
        registry.register(given);
        equal(registry.meter("battery-7").owner, address(0), "nobody's yet");
        equal(registry.meter("battery-7").pendingOwner, stranger, "who is asked");
        pass(HOUR);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferred("battery-7", address(0), stranger, 0);
        vm.prank(stranger);
        registry.acceptMeter("battery-7", 0);

        IMeterRegistry.Meter memory meter = registry.meter("battery-7");
        IMeterRegistry.Meter memory expected = IMeterRegistry.Meter({
            number: 3,
            owner: stranger,
            pendingOwner: address(0),
            acceptableFrom: 0,
            kind: given.kind,
            trust: given.trust,
            status: IMeterRegistry.MeterStatus.Active,
            connectionPoint: given.connectionPoint,
            exportWatts: given.exportWatts,
            importWatts: given.importWatts,
            capacityWh: given.capacityWh,
            creditWh: given.creditWh,
            h3Cell: given.h3Cell,
            keyX: given.keyX,
            keyY: given.keyY,
            epoch: 1,
            epochDeclaredAt: uint40(clock),
            activeFrom: uint40(clock - HOUR + 2 days),
            equivocal: false
        });
        check(keccak256(abi.encode(meter)) == keccak256(abi.encode(expected)), "every field");
        check(registry.meterIdOf(3) == "battery-7" && registry.meterCount() == 3, "counted");
        (bytes32 id, BatteryWord word) = registry.batteryByNumber(3);
        check(id == "battery-7" && word.capacityWh() == 2 ** 48 - 1, "by its number");
        equal(word.cell(), uint32(given.h3Cell >> 24), "where it stands, packed");
        (id, word) = registry.batteryByNumber(4);
        check(id == 0 && BatteryWord.unwrap(word) == 0, "no such number");
        check(registry.meterAt(given.connectionPoint) == "battery-7", "at its connection");
        (
            address owner_,
            uint32 number,
            IMeterRegistry.MeterKind kind,
            uint64 capacityWh,
            uint64 cell,
            bool slotted
        ) = registry.battery("battery-7");
        check(!slotted, "battery: in no community");
        check(owner_ == stranger && number == 3 && kind == given.kind, "battery: who");
        check(capacityWh == given.capacityWh && cell == CELL, "battery: what");
    }

    function test_AnUnknownMeterIsAllZero() public view {
        IMeterRegistry.Meter memory nothing;
        check(keccak256(abi.encode(registry.meter("nobody"))) == keccak256(abi.encode(nothing)), "meter");
        (address owner_, uint32 number, , uint64 capacityWh, uint64 cell, ) = registry.battery("nobody");
        check(owner_ == address(0) && number == 0 && capacityWh == 0 && cell == 0, "battery");
        check(registry.connectionWord("nobody").standing() == Standing.Unknown, "connection");
    }

    function test_TheConnectionIsTheRecordsFirstWord() public {
        registry.setRating(HOME, 7, 8);
        Connection connection = registry.connectionWord(HOME);
        equal(connection.owner(), owner, "owner");
        equal(connection.exportWatts(), 7, "export");
        equal(connection.importWatts(), 8, "import");
        equal(connection.epoch(), 1, "epoch");
        check(connection.standing() == Standing.Settling, "standing");
        registry.suspend(HOME);
        check(registry.connectionWord(HOME).standing() == Standing.Suspended, "suspended");
        equal(registry.connectionWord(HOME).owner(), owner, "the rest stays");
    }

    function test_RevertsWhen_TheSerialIsMalformed() public {
        refuseId("");
        refuseId("home 01");
        refuseId("home/01");
        refuseId("home_01");
        refuseId(hex"686f6d6500ff");
        refuseId(hex"00686f6d65");
        refuseId(hex"c3bc");
        refuseId(bytes32(type(uint256).max));
        registry.register(registration("ABCXYZabcxyz0123456789-ABCDEFGHI", owner));
        check(registry.meter("ABCXYZabcxyz0123456789-ABCDEFGHI").number == 3, "32 characters are allowed");
    }

    function testFuzz_OnlySerialsAreIds(bytes32 id) public {
        bool ended;
        bool good = id[0] != 0;
        for (uint256 i = 0; i < 32; ++i) {
            uint8 c = uint8(id[i]);
            bool serial = (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c == 45;
            if (c == 0) ended = true;
            else if (ended || !serial) good = false;
        }
        if (good) registry.register(registration(id, owner));
        else refuseId(id);
    }

    function test_RevertsWhen_TheMeterExists() public {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.MeterExists.selector, HOME));
        registry.register(registration(HOME, owner));
    }

    function test_RevertsWhen_NobodyOwnsIt() public {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.ZeroOwner.selector));
        registry.register(registration("new", address(0)));
    }

    function test_RevertsWhen_TheRatingIsAboveTheCap() public {
        vm.expectEmit(address(registry));
        emit IMeterRegistry.RatingCapChanged(IMeterRegistry.MeterKind.Prosumer, WATTS);
        registry.setRatingCap(IMeterRegistry.MeterKind.Prosumer, WATTS);
        bytes memory refusal = abi.encodeWithSelector(
            IMeterRegistry.RatingOutOfRange.selector,
            IMeterRegistry.MeterKind.Prosumer,
            WATTS + 1,
            WATTS
        );
        IMeterRegistry.Registration memory given = registration("new", owner);
        given.exportWatts = WATTS + 1;
        vm.expectRevert(refusal);
        registry.register(given);
        given.exportWatts = WATTS;
        given.importWatts = WATTS + 1;
        vm.expectRevert(refusal);
        registry.register(given);
        vm.expectRevert(refusal);
        registry.setRating(HOME, WATTS, WATTS + 1);
    }

    function test_RevertsWhen_TheCapacityDoesNotFitTheKind() public {
        IMeterRegistry.Registration memory given = registration("new", owner);
        given.capacityWh = 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.CapacityMismatch.selector,
                IMeterRegistry.MeterKind.Prosumer,
                uint64(1)
            )
        );
        registry.register(given);
        given.kind = IMeterRegistry.MeterKind.Battery;
        given.capacityWh = 0;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.CapacityMismatch.selector,
                IMeterRegistry.MeterKind.Battery,
                uint64(0)
            )
        );
        registry.register(given);
        given.capacityWh = 2 ** 48;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.CapacityTooLarge.selector,
                uint64(2 ** 48),
                uint64(2 ** 48 - 1)
            )
        );
        registry.register(given);
    }

    /// @dev Attack: a second settling meter at one connection would count the same energy twice.
    function test_RevertsWhen_TheConnectionIsTaken() public {
        IMeterRegistry.Registration memory given = registration("new", owner);
        given.connectionPoint = registry.meter(HOME).connectionPoint;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.ConnectionPointTaken.selector, given.connectionPoint, HOME)
        );
        registry.register(given);
        given.connectionPoint = 0;
        registry.register(given);
        given.meterId = "newer";
        registry.register(given);
        check(
            registry.connectionWord("newer").standing() == Standing.SubMeter,
            "sub-meters share no connection"
        );
    }

    function test_RevertsWhen_TheCellIsMalformedOrFine() public {
        uint64[7] memory malformed = [
            uint64(0),
            type(uint64).max,
            CELL | (1 << 63), // the reserved bit
            CELL + (1 << 59), // mode 2: an edge
            CELL | (1 << 56), // reserved bits
            0x87f4c106a4ffffff, // base cell 122 and more
            CELL & ~uint64(7) // a digit beyond the resolution
        ];
        IMeterRegistry.Registration memory given = registration("new", owner);
        for (uint256 i = 0; i < malformed.length; ++i) {
            given.h3Cell = malformed[i];
            vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.InvalidCell.selector, malformed[i]));
            registry.register(given);
        }
        given.h3Cell = 0x888c106a41fffff;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.CellTooFine.selector, given.h3Cell, uint8(8), uint8(7))
        );
        registry.register(given);
    }

    function test_RevertsWhen_TheKeyIsMissingOrOffTheCurve() public {
        IMeterRegistry.Registration memory given = registration("new", owner);
        given.keyY = bytes32(uint256(KEY_Y) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.KeyNotOnCurve.selector, given.keyX, given.keyY)
        );
        registry.register(given);
        given.keyY = 0;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.KeyNotOnCurve.selector, given.keyX, given.keyY)
        );
        registry.register(given);
        given.keyX = 0;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.KeyRequired.selector, IMeterRegistry.TrustClass.A)
        );
        registry.register(given);
        given.trust = IMeterRegistry.TrustClass.C;
        registry.register(given);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.KeyRequired.selector, IMeterRegistry.TrustClass.B)
        );
        registry.setTrust("new", IMeterRegistry.TrustClass.B);
    }

    function test_RatingsWait_UpAndDown() public {
        registry.setActivationDelay(1 days);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.RatingChanged(HOME, 2 * WATTS, 5, uint40(clock + 1 days));
        registry.setRating(HOME, 2 * WATTS, 5);
        IMeterRegistry.Meter memory meter = registry.meter(HOME);
        check(meter.exportWatts == WATTS && meter.importWatts == WATTS, "neither direction yet");
        (uint32 exportWatts, uint32 importWatts, uint40 from) = registry.nextRating(HOME);
        check(exportWatts == 2 * WATTS && importWatts == 5 && from == clock + 1 days, "announced");
        pass(1 days - 1);
        meter = registry.meter(HOME);
        check(meter.exportWatts == WATTS && meter.importWatts == WATTS, "until the last second");
        pass(1);
        meter = registry.meter(HOME);
        check(meter.exportWatts == 2 * WATTS && meter.importWatts == 5, "in force");
    }

    function test_ALaterRatingReplacesOneThatWaits() public {
        registry.setActivationDelay(1 days);
        registry.setRating(HOME, 2 * WATTS, 5);
        pass(1 days - 1);
        registry.setRating(HOME, 1, 1);
        pass(1);
        IMeterRegistry.Meter memory meter = registry.meter(HOME);
        check(meter.exportWatts == WATTS && meter.importWatts == WATTS, "the first never comes");
        pass(1 days - 1);
        meter = registry.meter(HOME);
        check(meter.exportWatts == 1 && meter.importWatts == 1, "the second does");
    }

    function test_CapacityIncreasesWait() public {
        IMeterRegistry.Registration memory given = registration("battery", owner);
        given.kind = IMeterRegistry.MeterKind.Battery;
        given.capacityWh = 1_000;
        registry.register(given);
        registry.setActivationDelay(1 days);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.CapacityChanged("battery", 3_000, uint40(clock + 1 days));
        registry.setCapacity("battery", 3_000);
        equal(registry.meter("battery").capacityWh, 1_000, "not yet");
        pass(1 days);
        equal(registry.meter("battery").capacityWh, 3_000, "now");
        registry.setCapacity("battery", 2_000);
        equal(registry.meter("battery").capacityWh, 2_000, "a decrease at once");
    }

    function test_AKeyNeedsRegistrarAndOwner() public {
        // Twice the generator.
        bytes32 x = 0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978;
        bytes32 y = 0x07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1;
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NoKeyProposed.selector, HOME));
        vm.prank(owner);
        registry.acceptKey(HOME, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.KeyNotOnCurve.selector, x, x));
        registry.proposeKey(HOME, x, x);
        registry.proposeKey(HOME, x, y);
        (bytes32 proposedX, bytes32 proposedY) = registry.proposedKey(HOME);
        check(proposedX == x && proposedY == y, "proposed");
        check(registry.meter(HOME).keyX == KEY_X, "not yet in force");

        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, HOME, stranger));
        vm.prank(stranger);
        registry.acceptKey(HOME, x, y);
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NoKeyProposed.selector, HOME));
        vm.prank(owner);
        registry.acceptKey(HOME, KEY_X, KEY_Y);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.KeyChanged(HOME, x, y);
        vm.prank(owner);
        registry.acceptKey(HOME, x, y);
        check(registry.meter(HOME).keyX == x && registry.meter(HOME).keyY == y, "in force");
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NoKeyProposed.selector, HOME));
        vm.prank(owner);
        registry.acceptKey(HOME, x, y);
    }

    function test_OwnershipMovesInTwoSteps() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotPendingOwner.selector, HOME, stranger, address(0))
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferOffered(HOME, owner, stranger, 0);
        vm.prank(owner);
        registry.transferMeter(HOME, stranger);
        equal(registry.meter(HOME).owner, owner, "nothing has moved");
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferred(HOME, owner, stranger, 0);
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        equal(registry.meter(HOME).owner, stranger, "moved");
        equal(registry.meter(HOME).pendingOwner, address(0), "done");

        vm.prank(stranger);
        registry.transferMeter(HOME, owner);
        vm.prank(stranger);
        registry.transferMeter(HOME, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotPendingOwner.selector, HOME, owner, address(0))
        );
        vm.prank(owner);
        registry.acceptMeter(HOME, 0);
    }

    /// @dev Attack: whoever offers a meter gives it another key at the last moment, one that only the giver holds.
    function test_ANewKeyWithdrawsWhatWasOfferedWithTheOld() public {
        registry.proposeKey(HOME, DeviceKey.TWO_X, DeviceKey.TWO_Y);
        vm.prank(owner);
        registry.transferMeter(HOME, stranger);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferOffered(HOME, owner, address(0), 0);
        vm.prank(owner);
        registry.acceptKey(HOME, DeviceKey.TWO_X, DeviceKey.TWO_Y);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotPendingOwner.selector, HOME, stranger, address(0))
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        vm.prank(owner);
        registry.transferMeter(HOME, stranger);
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        equal(registry.meter(HOME).owner, stranger, "offered again, with the key that it has");
    }

    /// @dev Attack: the registrar takes a meter with what its owner has produced and not settled.
    function test_TheRegistrarTransfersAfterSevenDays() public {
        uint40 acceptableFrom = uint40(clock + 7 days);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferOffered(HOME, owner, stranger, acceptableFrom);
        registry.transferMeter(HOME, stranger);
        equal(registry.meter(HOME).acceptableFrom, acceptableFrom, "announced");
        pass(7 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotAcceptableYet.selector, HOME, acceptableFrom)
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        pass(1);
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
        equal(registry.meter(HOME).owner, stranger, "nobody objected");
        equal(registry.meter(HOME).acceptableFrom, 0, "done");
    }

    function test_TheRegistrarsNoticeBeginsAnewWithEveryOffer() public {
        registry.transferMeter(HOME, otherOwner);
        pass(7 days);
        registry.transferMeter(HOME, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotAcceptableYet.selector, HOME, uint40(clock + 7 days))
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);
    }

    function test_TheOwnerVetoesTheRegistrarsTransfer() public {
        registry.transferMeter(HOME, stranger);
        pass(8 days);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferOffered(HOME, owner, address(0), 0);
        vm.prank(owner);
        registry.transferMeter(HOME, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotPendingOwner.selector, HOME, stranger, address(0))
        );
        vm.prank(stranger);
        registry.acceptMeter(HOME, 0);

        registry.transferMeter(HOME, stranger);
        vm.prank(owner);
        registry.transferMeter(HOME, otherOwner);
        vm.prank(otherOwner);
        registry.acceptMeter(HOME, 0);
        equal(registry.meter(HOME).owner, otherOwner, "the owner's own offer needs no notice");
    }

    function test_BeforeAnybodyAccepts_TheRegistrarAsksAnother() public {
        registry.register(registration("new", owner));
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterTransferOffered("new", address(0), stranger, 0);
        registry.transferMeter("new", stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.NotPendingOwner.selector, bytes32("new"), owner, stranger)
        );
        vm.prank(owner);
        registry.acceptMeter("new", 0);
        vm.prank(stranger);
        registry.acceptMeter("new", 0);
        equal(registry.meter("new").owner, stranger, "whoever was asked last");
    }

    /// @dev Attack: an owner moves a battery to its buyers.
    function test_OnlyTheRegistrarMovesTheCell() public {
        vm.expectEmit(address(registry));
        emit IMeterRegistry.CellChanged(HOME, CELL_6);
        registry.setCell(HOME, CELL_6);
        check(registry.meter(HOME).h3Cell == CELL_6, "registrar");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, owner));
        vm.prank(owner);
        registry.setCell(HOME, CELL_0);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        registry.setCell(HOME, CELL);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        registry.transferMeter(HOME, stranger);
    }

    /// @dev Attack: whoever takes a meter down keeps its connection for ever.
    function test_AReplacedMeterFreesItsConnection() public {
        bytes32 point = registry.meter(HOME).connectionPoint;
        IMeterRegistry.Registration memory next = registration("home-new", owner);
        next.connectionPoint = point;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.WrongStatus.selector,
                HOME,
                IMeterRegistry.MeterStatus.Active
            )
        );
        registry.remove(HOME);
        registry.suspend(HOME);
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.ConnectionPointTaken.selector, point, HOME));
        registry.register(next);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterRemoved(HOME, point);
        registry.remove(HOME);
        check(registry.meterAt(point) == 0, "free");
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NotAtConnection.selector, HOME));
        registry.remove(HOME);
        // Removed by mistake, it takes its connection again.
        registry.resume(HOME);
        check(registry.meterAt(point) == HOME, "taken again");
        registry.suspend(HOME);
        registry.remove(HOME);
        registry.register(next);
        check(registry.meterAt(point) == "home-new", "the next meter's");
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.ConnectionPointTaken.selector, point, bytes32("home-new"))
        );
        registry.resume(HOME);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        registry.remove(HOME);
        next.meterId = "sub";
        next.connectionPoint = 0;
        next.trust = IMeterRegistry.TrustClass.C;
        registry.register(next);
        registry.suspend("sub");
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.NotAtConnection.selector, bytes32("sub")));
        registry.remove("sub");
        registry.resume("sub");
    }

    /// @dev `h3.test.ts` compares many with h3-js.
    function test_RevertsWhen_TheCellIsNoneThatH3Has() public {
        uint64 mode = uint64(8) << 56;
        uint64 unused = (uint64(1) << 45) - 1;
        uint64[5] memory none = [
            (uint64(1) << 56) | unused,
            mode | (uint64(122) << 45) | unused,
            // No digit where the resolution needs one, and one where it has none.
            mode | (uint64(1) << 52) | unused,
            mode | (unused >> 3),
            // A pentagon has no child in direction 1, also not further in.
            mode | (uint64(2) << 52) | (uint64(4) << 45) | (uint64(1) << 39) | (unused >> 6)
        ];
        for (uint256 i = 0; i < none.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.InvalidCell.selector, none[i]));
            registry.setCell(HOME, none[i]);
        }
        registry.setCell(
            HOME,
            mode | (uint64(2) << 52) | (uint64(4) << 45) | (uint64(2) << 39) | (unused >> 6)
        );
        registry.setCell(HOME, mode | (uint64(121) << 45) | unused);
    }

    function test_TheClockOfStopsRunsWhileTheMeterOrEverythingIsStopped() public {
        _stopped(0, "it was never stopped");
        pass(100);
        _stopped(0, "it stands");
        registry.suspend(HOME);
        pass(100);
        _stopped(100, "suspended");
        registry.setTrust(HOME, IMeterRegistry.TrustClass.C);
        market.setPaused(false, true);
        pass(10);
        _stopped(110, "and not trusted, the board paused: each second once");
        registry.resume(HOME);
        pass(10);
        _stopped(120, "not trusted");
        registry.setUnsignedSettlement(true);
        pass(10);
        _stopped(130, "the board is paused");
        market.setPaused(false, false);
        pass(10);
        _stopped(130, "it goes on");
        registry.setUnsignedSettlement(false);
        pass(1_000);
        registry.setTrust(HOME, IMeterRegistry.TrustClass.B);
        _stopped(1_130, "no unsigned settlement");
        pass(10);
        registry.setUnsignedSettlement(true);
        registry.setUnsignedSettlement(true);
        _stopped(1_130, "which is nothing to it any more");
        equal(market.stopsSoFar(), 30, "the market's");
        (uint32 nobody, ) = registry.clockOf("nobody");
        equal(nobody, 0, "nobody's");
    }

    /// @dev What is in force of it, whatever it is recorded as.
    function test_ABatterysWordSaysWhatIsInForce() public {
        IMeterRegistry.Registration memory given = registration("battery-9", owner);
        given.kind = IMeterRegistry.MeterKind.Battery;
        given.capacityWh = 5_000;
        install(given);
        registry.setActivationDelay(1 days);
        registry.setCapacity("battery-9", 7_000);
        registry.setTrust("battery-9", IMeterRegistry.TrustClass.C);
        pass(1 days - 1);
        _word(5_000, 1 days - 1);
        pass(1);
        _word(7_000, 1 days);
        registry.setUnsignedSettlement(true);
        pass(HOUR);
        _word(7_000, 1 days);
        registry.suspend("battery-9");
        pass(HOUR);
        _word(7_000, 1 days + HOUR);
        registry.setCapacity("battery-9", 6_000);
        _word(6_000, 1 days + HOUR);
    }

    function _word(uint64 capacityWh, uint256 stoppedFor) private view {
        (bytes32 id, BatteryWord word) = registry.batteryByNumber(3);
        check(id == "battery-9", "whose it is");
        equal(word.cell(), uint32(CELL >> 24), "where it stands");
        equal(word.capacityWh(), capacityWh, "what it holds");
        equal(word.stops().shown(0), stoppedFor, "for how long it was stopped");
    }

    function _stopped(uint24 seconds_, string memory what) private view {
        (uint32 number, Stops stops) = registry.clockOf(HOME);
        equal(number, 1, "its number");
        equal(stops.shown(market.stopsSoFar()), seconds_, what);
        (, BatteryWord word) = registry.batteryByNumber(number);
        equal(Stops.unwrap(word.stops()), Stops.unwrap(stops), "by its number as well");
    }

    function test_SuspendAndResume() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.WrongStatus.selector,
                HOME,
                IMeterRegistry.MeterStatus.Active
            )
        );
        registry.resume(HOME);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterSuspended(HOME);
        registry.suspend(HOME);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterRegistry.WrongStatus.selector,
                HOME,
                IMeterRegistry.MeterStatus.Suspended
            )
        );
        registry.suspend(HOME);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterResumed(HOME);
        registry.resume(HOME);
    }

    function test_CreditChanges() public {
        vm.expectEmit(address(registry));
        emit IMeterRegistry.CreditChanged(HOME, 77);
        registry.setCredit(HOME, 77);
        equal(registry.meter(HOME).creditWh, 77, "credit");
    }

    function test_RevertsWhen_TheMeterIsUnknown() public {
        bytes memory refusal = abi.encodeWithSelector(
            IMeterRegistry.UnknownMeter.selector,
            bytes32("nobody")
        );
        vm.expectRevert(refusal);
        registry.suspend("nobody");
        vm.expectRevert(refusal);
        registry.resume("nobody");
        vm.expectRevert(refusal);
        registry.setRating("nobody", 1, 1);
        vm.expectRevert(refusal);
        registry.setCapacity("nobody", 1);
        vm.expectRevert(refusal);
        registry.setCredit("nobody", 1);
        vm.expectRevert(refusal);
        registry.setTrust("nobody", IMeterRegistry.TrustClass.C);
        vm.expectRevert(refusal);
        registry.setCell("nobody", CELL);
        vm.expectRevert(refusal);
        registry.proposeKey("nobody", KEY_X, KEY_Y);
        vm.expectRevert(refusal);
        registry.acceptKey("nobody", KEY_X, KEY_Y);
        vm.expectRevert(refusal);
        registry.transferMeter("nobody", stranger);
        vm.expectRevert(refusal);
        registry.acceptMeter("nobody", 0);
    }

    function test_OnlyTheConverterCountsEpochs() public {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.OnlyConverter.selector, address(this)));
        registry.advanceEpoch(HOME);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.ConverterAlreadySet.selector, address(converter))
        );
        registry.setConverter(address(this));
    }

    function test_RevertsWhen_NumbersOrEpochsAreUsedUp() public {
        uint256 word = uint256(vm.load(address(registry), 0));
        equal(uint32(word >> 168), registry.meterCount(), "where meters are counted");
        vm.store(address(registry), 0, bytes32(word | (uint256(type(uint32).max) << 168)));
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.TooManyMeters.selector));
        registry.register(registration("home-03", owner));

        bytes32 slot = keccak256(abi.encode(HOME, RECORDS));
        word = uint256(vm.load(address(registry), slot));
        vm.store(address(registry), slot, bytes32(word | (uint256(type(uint16).max) << 224)));
        equal(registry.meter(HOME).epoch, type(uint16).max, "the last epoch");
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.TooManyEpochs.selector, HOME));
        vm.prank(address(converter));
        registry.advanceEpoch(HOME);
    }

    function test_WithoutConverterNoMeterChangesHands() public {
        uint32[4] memory caps = [WATTS, WATTS, WATTS, WATTS];
        IMeterRegistry alone = IMeterRegistry(create("MeterRegistry", abi.encode(access, 0, caps)));
        alone.register(registration(HOME, owner));
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.ConverterNotSet.selector));
        vm.prank(owner);
        alone.acceptMeter(HOME, 0);
    }

    function test_TheDelayIsBounded() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMeterRegistry.DelayTooLong.selector, uint40(30 days + 1), uint40(30 days))
        );
        registry.setActivationDelay(30 days + 1);
        vm.expectEmit(address(registry));
        emit IMeterRegistry.ActivationDelayChanged(30 days);
        registry.setActivationDelay(30 days);
    }

    function refuseId(bytes32 id) private {
        vm.expectRevert(abi.encodeWithSelector(IMeterRegistry.InvalidMeterId.selector, id));
        registry.register(registration(id, owner));
    }
}
