// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IEnergyCertificates} from "../../../contracts/src/metering/IEnergyCertificates.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice Takes a certificate, and asks for another of the same Wh while it does.
contract Greedy {
    IEnergyCertificates private immutable _certificates;
    bytes32 private immutable _meterId;
    bytes public answer;

    constructor(IEnergyCertificates certificates, bytes32 meterId) {
        (_certificates, _meterId) = (certificates, meterId);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        (, answer) = address(_certificates).call(abi.encodeCall(IEnergyCertificates.issue, (_meterId)));
        return this.onERC1155Received.selector;
    }
}

/// @notice The branches of EnergyCertificates.tree.
contract EnergyCertificatesTest is MeteringFixture {
    IEnergyCertificates private _certificates;
    uint40 private _start;

    function setUp() public override {
        super.setUp();
        _certificates = IEnergyCertificates(create("EnergyCertificates", abi.encode(registry, converter)));
        settleAfterHour(HOME, 1_000, 0);
        _start = uint40(clock);
        _issueNothing(HOME);
    }

    /* ISSUING */

    function test_ThePeriodsExport_GoesToTheMetersOwner() public {
        settleAfterHour(HOME, 1_700, 400);
        uint256 id = _idOf(1, _start, clock);
        vm.expectEmit(address(_certificates));
        emit IEnergyCertificates.PeriodStarted(HOME, owner, uint40(clock), 1, 1_700);
        vm.expectEmit(address(_certificates));
        emit IEnergyCertificates.CertificateIssued(id, HOME, owner, _start, uint40(clock), 700);
        vm.prank(stranger);
        (uint256 issued, uint256 wattHours) = _certificates.issue(HOME);
        check(issued == id && wattHours == 700, "said so");
        equal(_held(owner, id), 700, "the owner has it");
        (bytes32 meterId, uint40 start, uint40 end) = _certificates.certificate(id);
        check(meterId == HOME && start == _start && end == clock, "the id says all");
        (address seenOwner, uint40 seenAt, uint16 epoch, uint40 exportWh) = _certificates.seen(HOME);
        check(
            seenOwner == owner && seenAt == clock && epoch == 1 && exportWh == 1_700,
            "the next period begins"
        );
    }

    function test_AdjoiningPeriods_CertifyEachWhOnce() public {
        uint256 sum = 0;
        uint64 exportWh = 1_000;
        for (uint64 i = 1; i <= 5; ++i) {
            exportWh += 100 * i;
            pass(900);
            submit(reading(HOME, exportWh, 0));
            (, uint256 wattHours) = _certificates.issue(HOME);
            sum += wattHours;
        }
        equal(sum, exportWh - 1_000, "all of it");
    }

    function test_SettlementsThatNobodySaw_AreInThePeriod() public {
        pass(1_800);
        submit(reading(HOME, 1_300, 0));
        pass(1_800);
        submit(reading(HOME, 1_800, 0));
        (uint256 id, uint256 wattHours) = _certificates.issue(HOME);
        check(id == _idOf(1, _start, clock) && wattHours == 800, "an hour, once");
    }

    function test_APeriodWithoutExport_IsNone() public {
        settleAfterHour(HOME, 1_000, 500);
        _issueNothing(HOME);
        settleAfterHour(HOME, 1_001, 500);
        (, uint256 wattHours) = _certificates.issue(HOME);
        equal(wattHours, 1, "the next one is whole");
    }

    function test_APeriodOfMoreThanAnHour_IsNone() public {
        pass(HOUR + 1);
        submit(reading(HOME, 1_500, 0));
        _issueNothing(HOME);
        settleAfterHour(HOME, 1_600, 0);
        (, uint256 wattHours) = _certificates.issue(HOME);
        equal(wattHours, 100, "what came before is certified no more");
    }

    function test_ARegisterBeyond40Bits_CountsAsAnyOther() public {
        uint64 high = 2 ** 40 - 50;
        registry.setRating(HOME, type(uint32).max, WATTS);
        pass(400 days);
        submit(reading(HOME, high, 0));
        _issueNothing(HOME);
        settleAfterHour(HOME, high + 120, 0);
        (, uint256 wattHours) = _certificates.issue(HOME);
        equal(wattHours, 120, "not a Wh more");
    }

    function testFuzz_NoMoreThanWasSettled_WhateverIsSeenWhen(uint256 seed) public {
        uint64 exportWh = 1_000;
        uint256 sum = 0;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            pass(60 + (seed % 2_400));
            exportWh += uint64((seed >> 32) % 100);
            submit(reading(HOME, exportWh, 0));
            if ((seed >> 64) % 3 == 0) {
                Report memory unknown;
                declareEpoch(HOME, unknown);
                pass(60);
                submit(reading(HOME, exportWh, 0));
            }
            if ((seed >> 72) % 2 == 0) continue;
            (uint256 id, uint256 wattHours) = _certificates.issue(HOME);
            sum += wattHours;
            check(wattHours == 0 || _held(owner, id) == wattHours, "each id once");
        }
        check(sum <= exportOf(HOME), "each Wh once");
    }

    /* WHAT IS NOT CERTIFIED */

    function test_Attack_TwoCertificatesForOneWh() public {
        settleAfterHour(HOME, 1_700, 0);
        (uint256 id, ) = _certificates.issue(HOME);
        _refuses(
            HOME,
            abi.encodeWithSelector(IEnergyCertificates.NoLaterReading.selector, HOME, clock, clock)
        );
        // A report that is skipped is no reading.
        submit(reading(HOME, 9_000, 0));
        _refuses(
            HOME,
            abi.encodeWithSelector(IEnergyCertificates.NoLaterReading.selector, HOME, clock, clock)
        );
        equal(_held(owner, id), 700, "once");
    }

    function test_Attack_TwoCertificatesForOneWh_AcrossEpochs() public {
        // The old register's end is seen, the new one's is the same meter's same Wh again.
        pass(900);
        submit(reading(HOME, 1_700, 0));
        _certificates.issue(HOME);
        Report memory unknown;
        declareEpoch(HOME, unknown);
        _refuses(HOME, abi.encodeWithSelector(IEnergyCertificates.NothingSettled.selector, HOME, 2));
        pass(900);
        submit(reading(HOME, 2_400, 0));
        _issueNothing(HOME);
        pass(900);
        submit(reading(HOME, 2_450, 0));
        (, uint256 wattHours) = _certificates.issue(HOME);
        equal(wattHours, 50, "the new register's own");
    }

    function test_Attack_ANewEpochWhoseReadingsAreNotLater() public {
        // The old epoch's last reading is of a clock that runs ahead; the new one's baseline lies before it.
        pass(900);
        Report memory ahead = reading(HOME, 1_700, 0);
        ahead.timestamp += 120;
        submit(ahead);
        _certificates.issue(HOME);
        Report memory unknown;
        declareEpoch(HOME, unknown);
        Report memory baseline = reading(HOME, 0, 0);
        ++baseline.timestamp;
        submit(baseline);
        _refuses(
            HOME,
            abi.encodeWithSelector(
                IEnergyCertificates.NoLaterReading.selector,
                HOME,
                ahead.timestamp,
                baseline.timestamp
            )
        );
    }

    function test_Attack_ABattery() public {
        IMeterRegistry.Registration memory battery = registration("battery", owner);
        (battery.kind, battery.capacityWh) = (IMeterRegistry.MeterKind.Battery, 10_000);
        install(battery);
        settleAfterHour("battery", 500, 0);
        _refusesKind("battery", IMeterRegistry.MeterKind.Battery, IMeterRegistry.TrustClass.A);
    }

    function test_Attack_ABatteryBehindAHomesMeter() public {
        settleAfterHour(HOME, 1_700, 0);
        pass(HOUR);
        Report memory stored = reading(HOME, 1_800, 0);
        stored.storedWh = 1;
        submit(stored);
        _refuses(HOME, abi.encodeWithSelector(IEnergyCertificates.StoresEnergy.selector, HOME, 1));
    }

    function test_OnlyAProsumersMeterOfClassA() public {
        for (uint8 kind = 0; kind < 4; ++kind) {
            if (kind == uint8(IMeterRegistry.MeterKind.Prosumer)) continue;
            bytes32 id = bytes32(bytes.concat("kind-", bytes1(48 + kind)));
            IMeterRegistry.Registration memory other = registration(id, owner);
            other.kind = IMeterRegistry.MeterKind(kind);
            if (other.kind == IMeterRegistry.MeterKind.Battery) other.capacityWh = 1;
            install(other);
            _refusesKind(id, other.kind, IMeterRegistry.TrustClass.A);
        }
        registry.setTrust(HOME, IMeterRegistry.TrustClass.B);
        _refusesKind(HOME, IMeterRegistry.MeterKind.Prosumer, IMeterRegistry.TrustClass.B);
    }

    function test_ASuspendedMeter_IsNotCertified() public {
        settleAfterHour(HOME, 1_700, 0);
        registry.suspend(HOME);
        _refuses(HOME, abi.encodeWithSelector(IEnergyCertificates.NotCertifiable.selector, HOME, 1, 2, 2));
    }

    function test_WhatWasMeteredForAnotherOwner_IsNotCertified() public {
        settleAfterHour(HOME, 1_700, 0);
        vm.prank(owner);
        registry.transferMeter(HOME, otherOwner);
        vm.prank(otherOwner);
        registry.acceptMeter(HOME, 0);
        _issueNothing(HOME);
        settleAfterHour(HOME, 1_800, 0);
        (uint256 id, ) = _certificates.issue(HOME);
        equal(_held(otherOwner, id), 100, "the new owner's own");
    }

    function test_RevertsWhen_TheMeterIsUnknown() public {
        _refuses("nobody", abi.encodeWithSelector(IMeterRegistry.UnknownMeter.selector, bytes32("nobody")));
    }

    function test_RevertsWhen_NothingIsSettled() public {
        _refuses(OTHER, abi.encodeWithSelector(IEnergyCertificates.NothingSettled.selector, OTHER, 1));
    }

    function test_Attack_TheOwnerAsksAgainWhileItIsPaid() public {
        Greedy greedy = new Greedy(_certificates, "greedy");
        vm.prank(address(this));
        registry.register(registration("greedy", address(greedy)));
        vm.prank(address(greedy));
        registry.acceptMeter("greedy", 0);
        settleAfterHour("greedy", 0, 0);
        _issueNothing("greedy");
        settleAfterHour("greedy", 300, 0);
        (uint256 id, ) = _certificates.issue("greedy");
        equal(_held(address(greedy), id), 300, "once");
        bytes memory wanted = abi.encodeWithSelector(
            IEnergyCertificates.NoLaterReading.selector,
            bytes32("greedy"),
            clock,
            clock
        );
        check(keccak256(greedy.answer()) == keccak256(wanted), "the other was refused");
    }

    /* USING */

    function test_RetiredWhNameWhoseUseTheyCover() public {
        uint256 id = _issued();
        vm.expectEmit(address(_certificates));
        emit IEnergyCertificates.CertificateRetired(id, owner, 300, "Warung Sari");
        vm.prank(owner);
        _certificates.retire(id, 300, "Warung Sari");
        equal(_held(owner, id), 400, "used up");
        vm.prank(owner);
        IERC1155(address(_certificates)).safeTransferFrom(owner, stranger, id, 400, "");
        vm.prank(stranger);
        _certificates.retire(id, 400, "x");
        equal(_held(owner, id) + _held(stranger, id), 0, "all of it");
    }

    function test_RevertsWhen_MoreIsRetiredThanIsHeld() public {
        uint256 id = _issued();
        _refusesToRetire(
            owner,
            id,
            701,
            "me",
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, owner, 700, 701, id)
        );
        _refusesToRetire(
            stranger,
            id,
            1,
            "me",
            abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, stranger, 0, 1, id)
        );
    }

    function test_RevertsWhen_NothingIsRetired_OrForNobody() public {
        uint256 id = _issued();
        _refusesToRetire(
            owner,
            id,
            0,
            "me",
            abi.encodeWithSelector(IEnergyCertificates.NothingToRetire.selector, id)
        );
        bytes4 range = IEnergyCertificates.BeneficiaryOutOfRange.selector;
        _refusesToRetire(owner, id, 1, "", abi.encodeWithSelector(range, 0, 200));
        string memory long = string(new bytes(201));
        _refusesToRetire(owner, id, 1, long, abi.encodeWithSelector(range, 201, 200));
        vm.prank(owner);
        _certificates.retire(id, 1, string(new bytes(200)));
    }

    function test_RevertsWhen_TheIdHasStrayBits_OrNamesNoMeterOrPeriod() public {
        uint256 id = _issued();
        uint256[5] memory none = [
            id | (1 << 112),
            id | (1 << 255),
            _idOf(9, _start, clock),
            _idOf(1, clock, clock),
            0
        ];
        for (uint256 i = 0; i < 5; ++i) {
            _refusesToRetire(
                owner,
                none[i],
                1,
                "me",
                abi.encodeWithSelector(IEnergyCertificates.InvalidCertificateId.selector, none[i])
            );
        }
    }

    /* SHORTHAND */

    function _issued() private returns (uint256 id) {
        settleAfterHour(HOME, 1_700, 0);
        (id, ) = _certificates.issue(HOME);
    }

    function _issueNothing(bytes32 meterId) private {
        (uint256 id, uint256 wattHours) = _certificates.issue(meterId);
        check(id == 0 && wattHours == 0, "a period began, none ended");
    }

    function _refuses(bytes32 meterId, bytes memory reason) private {
        (, uint40 before, , ) = _certificates.seen(meterId);
        (bool done, bytes memory answer) = address(_certificates).call(
            abi.encodeCall(_certificates.issue, (meterId))
        );
        check(!done, "nothing is issued");
        check(keccak256(answer) == keccak256(reason), "the error says why");
        (, uint40 afterwards, , ) = _certificates.seen(meterId);
        equal(afterwards, before, "nothing was seen");
    }

    function _refusesKind(
        bytes32 meterId,
        IMeterRegistry.MeterKind kind,
        IMeterRegistry.TrustClass trust
    ) private {
        _refuses(
            meterId,
            abi.encodeWithSelector(IEnergyCertificates.NotCertifiable.selector, meterId, kind, trust, 1)
        );
    }

    function _refusesToRetire(
        address holder,
        uint256 id,
        uint256 wattHours,
        string memory beneficiary,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        vm.prank(holder);
        _certificates.retire(id, wattHours, beneficiary);
    }

    function _held(address account, uint256 id) private view returns (uint256) {
        return IERC1155(address(_certificates)).balanceOf(account, id);
    }

    function _idOf(uint256 number, uint256 start, uint256 end) private pure returns (uint256) {
        return (number << 80) | (start << 40) | end;
    }
}
