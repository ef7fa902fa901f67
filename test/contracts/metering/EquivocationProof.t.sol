// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IEquivocationProof} from "../../../contracts/src/metering/IEquivocationProof.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {HighS, SignedReading, WrongDeviceSignature} from "../../../contracts/src/metering/SignedReading.sol";
import {DeviceKey} from "./DeviceKey.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of EquivocationProof.tree.
contract EquivocationProofTest is MeteringFixture {
    uint64 private constant ROLE = 5;
    uint256 private constant HOMES_KEY = 1;
    uint40 private constant CLOCK_TOLERANCE = 120;

    IEquivocationProof private _proof;

    function setUp() public override {
        super.setUp();
        _proof = IEquivocationProof(create("EquivocationProof", abi.encode(registry)));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IMeterRegistry.recordEquivocation.selector;
        access.setTargetFunctionRole(address(registry), selectors, ROLE);
        access.grantRole(ROLE, address(_proof), 0);
        pass(HOUR);
        submit(reading(HOME, 0, 0));
        pass(HOUR);
    }

    /* WHAT CONTRADICTS */

    function test_OneNumberWithTwoContents_SuspendsTheMeter() public {
        Report memory one = reading(HOME, 500, 100);
        Report[4] memory others = [one, one, one, one];
        others[0] = _changed(one, 501, 100, 0, 0);
        others[1] = _changed(one, 500, 99, 0, 0);
        others[2] = _changed(one, 500, 100, 1, 0);
        others[3] = _changed(one, 500, 100, 0, 1);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 before = vm.snapshotState();
            _proves(_sign(one, 7), _sign(others[i], 7));
            vm.revertToState(before);
            before = vm.snapshotState();
            _proves(_sign(others[i], 7), _sign(one, 7));
            vm.revertToState(before);
        }
    }

    function test_AHigherNumberThatDescends_SuspendsTheMeter() public {
        Report memory one = reading(HOME, 500, 100);
        Report[3] memory others = [one, one, one];
        others[0] = _changed(one, 499, 100, 0, 60);
        others[1] = _changed(one, 500, 99, 0, 60);
        others[2] = _changed(one, 600, 100, 0, 0);
        others[2].timestamp -= CLOCK_TOLERANCE + 1;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = vm.snapshotState();
            _proves(_sign(one, 7), _sign(others[i], 8));
            vm.revertToState(before);
        }
    }

    function test_ASuspendedMeter_StaysSo() public {
        registry.suspend(HOME);
        _proves(_sign(reading(HOME, 500, 100), 7), _sign(reading(HOME, 501, 100), 7));
    }

    function test_TheReportsAreSkipped_AndTheEnergyWaitsInTheRegisters() public {
        _proves(_sign(reading(HOME, 500, 100), 7), _sign(reading(HOME, 501, 100), 7));
        expectSkipped(reading(HOME, 500, 100), IEnergyConverter.SkipReason.Suspended);
    }

    /* WHAT DOES NOT */

    function test_RevertsWhen_TheReadingsAgree() public {
        Report memory one = reading(HOME, 500, 100);
        one.storedWh = 50;
        _agree(_sign(one, 7), _sign(one, 7));
        // Two honest readings within a second; then one whose battery was discharged.
        _agree(_sign(one, 7), _sign(one, 8));
        _agree(_sign(one, 7), _sign(_changed(one, 501, 100, 49, 1), 8));
    }

    function test_RevertsWhen_AClockWasPutRight() public {
        Report memory one = reading(HOME, 500, 100);
        Report memory back = _changed(one, 500, 100, 0, 0);
        back.timestamp -= CLOCK_TOLERANCE;
        _agree(_sign(one, 7), _sign(back, 8));
        // After a power cut the clock begins anew, until it hears the time. Nothing of before the epoch settles.
        back.timestamp = registry.meter(HOME).epochDeclaredAt;
        _agree(_sign(one, 7), _sign(back, 8));
        back.timestamp = 0;
        _agree(_sign(one, 7), _sign(back, 8));
        back.timestamp = registry.meter(HOME).epochDeclaredAt + 1;
        _proves(_sign(one, 7), _sign(back, 8));
    }

    function test_ARegisterThatFell_SuspendsTheMeterWhateverItsClock() public {
        Report memory back = _changed(reading(HOME, 500, 100), 499, 100, 0, 0);
        back.timestamp = 0;
        _proves(_sign(reading(HOME, 500, 100), 7), _sign(back, 8));
    }

    function testFuzz_WhatOnlyGrows_NeverContradicts(
        uint32 exportWh,
        uint32 importWh,
        uint32 later,
        uint64 number,
        uint64 numbers
    ) public {
        number = number % type(uint32).max;
        Report memory one = reading(HOME, 500, 100);
        Report memory other = _changed(one, 500 + uint64(exportWh), 100 + uint64(importWh), 0, later);
        _agree(_sign(one, number), _sign(other, number + 1 + (numbers % type(uint32).max)));
    }

    function test_RevertsWhen_OneReadingHasTwoSignatures() public {
        SignedReading memory one = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory other = _sign(reading(HOME, 500, 100), 7);
        other.s = bytes32(DeviceKey.ORDER - uint256(other.s));
        _agree(one, other);
    }

    function test_RevertsWhen_ASignatureIsInTheUpperHalf() public {
        SignedReading memory one = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory other = _sign(reading(HOME, 501, 100), 7);
        bytes32 high = bytes32(DeviceKey.ORDER - uint256(other.s));
        other.s = high;
        _refuses(one, other, abi.encodeWithSelector(HighS.selector, high));
        _refuses(other, one, abi.encodeWithSelector(HighS.selector, high));
    }

    /* FORGERIES */

    function test_Attack_AReadingOfAnotherKey() public {
        SignedReading memory honest = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory forged = DeviceKey.signed(registry, 2, reading(HOME, 501, 100), 7);
        bytes memory wrong = abi.encodeWithSelector(WrongDeviceSignature.selector, HOME);
        _refuses(honest, forged, wrong);
        _refuses(forged, honest, wrong);
    }

    function test_Attack_AReadingForAnotherChainOrRegistry() public {
        SignedReading memory honest = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory foreign = DeviceKey.signed(
            IMeterRegistry(address(market)),
            HOMES_KEY,
            reading(HOME, 501, 100),
            7
        );
        _refuses(honest, foreign, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));

        Report memory report = reading(HOME, 501, 100);
        (bytes32 r, bytes32 s) = DeviceKey.sign(
            HOMES_KEY,
            DeviceKey.digest(block.chainid, registry, report, 7)
        );
        _proves(honest, SignedReading({report: report, sequence: 7, r: r, s: s}));
        (r, s) = DeviceKey.sign(HOMES_KEY, DeviceKey.digest(block.chainid + 1, registry, report, 7));
        foreign = SignedReading({report: report, sequence: 7, r: r, s: s});
        _refuses(honest, foreign, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
    }

    function test_Attack_AReadingWhoseContentWasChanged() public {
        SignedReading memory honest = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory changed = _sign(reading(HOME, 500, 100), 7);
        changed.sequence = 8;
        changed.report.exportWh = 499;
        _refuses(honest, changed, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
    }

    function test_Attack_AReadingOfAnotherEpoch() public {
        Report memory old = reading(HOME, 500, 100);
        Report memory nothing;
        declareEpoch(HOME, nothing);
        bytes memory past = abi.encodeWithSelector(IEquivocationProof.NotInEpoch.selector, HOME, 1, 2);
        _refuses(_sign(old, 7), _sign(_changed(old, 501, 100, 0, 0), 7), past);
        // A register that begins anew is no contradiction.
        _refuses(_sign(old, 7), _sign(reading(HOME, 0, 0), 8), past);
        _refuses(_sign(reading(HOME, 0, 0), 7), _sign(old, 8), past);
    }

    function test_Attack_TwoReadingsOfTwoMeters() public {
        _refuses(
            _sign(reading(HOME, 500, 100), 7),
            _sign(reading(OTHER, 501, 100), 7),
            abi.encodeWithSelector(IEquivocationProof.DifferentMeters.selector, HOME, OTHER)
        );
    }

    function test_Attack_AHonestPairTurnedRound() public {
        _refuses(
            _sign(reading(HOME, 501, 100), 8),
            _sign(reading(HOME, 500, 100), 7),
            abi.encodeWithSelector(IEquivocationProof.SequenceDescends.selector, 8, 7)
        );
    }

    function test_RevertsWhen_TheMeterIsUnknownOrHasNoKey() public {
        bytes32 nobody = "nobody";
        _refuses(
            _sign(reading(nobody, 500, 100), 7),
            _sign(reading(nobody, 501, 100), 7),
            abi.encodeWithSelector(IMeterRegistry.UnknownMeter.selector, nobody)
        );
        IMeterRegistry.Registration memory keyless = registration("keyless", owner);
        (keyless.trust, keyless.keyX, keyless.keyY) = (IMeterRegistry.TrustClass.C, 0, 0);
        registry.register(keyless);
        _refuses(
            _sign(reading("keyless", 500, 100), 7),
            _sign(reading("keyless", 501, 100), 7),
            abi.encodeWithSelector(IEquivocationProof.NoDeviceKey.selector, bytes32("keyless"))
        );
    }

    /* UNTIL A NEW KEY OR EPOCH */

    function test_RevertsWhen_ItIsProvenAlready() public {
        SignedReading memory one = _sign(reading(HOME, 500, 100), 7);
        SignedReading memory other = _sign(reading(HOME, 501, 100), 7);
        _proves(one, other);
        _refuses(one, other, abi.encodeWithSelector(IMeterRegistry.Equivocal.selector, HOME, 1));
    }

    function test_TheRegistrarResumesItOnlyAfterANewKey() public {
        _proves(_sign(reading(HOME, 500, 100), 7), _sign(reading(HOME, 501, 100), 7));
        _resumeIsRefused();
        registry.proposeKey(HOME, DeviceKey.TWO_X, DeviceKey.TWO_Y);
        _resumeIsRefused();
        vm.prank(owner);
        registry.acceptKey(HOME, DeviceKey.TWO_X, DeviceKey.TWO_Y);
        check(!registry.meter(HOME).equivocal, "not this key");
        registry.resume(HOME);
        // What the old key signed proves nothing of the new one, which may be proven wrong as well.
        SignedReading memory one = DeviceKey.signed(registry, 2, reading(HOME, 500, 100), 7);
        _refuses(
            one,
            _sign(reading(HOME, 501, 100), 7),
            abi.encodeWithSelector(WrongDeviceSignature.selector, HOME)
        );
        _proves(one, DeviceKey.signed(registry, 2, reading(HOME, 501, 100), 7));
    }

    function test_TheRegistrarResumesItOnlyAfterANewEpoch() public {
        _proves(_sign(reading(HOME, 500, 100), 7), _sign(reading(HOME, 501, 100), 7));
        _resumeIsRefused();
        Report memory unknown;
        declareEpoch(HOME, unknown);
        registry.resume(HOME);
        settleAfterHour(HOME, 500, 100);
    }

    function test_RevertsWhen_AStrangerSuspends() public {
        vm.prank(stranger);
        (bool done, bytes memory answer) = address(registry).call(
            abi.encodeCall(registry.recordEquivocation, (HOME))
        );
        bytes memory wanted = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            stranger
        );
        check(!done && keccak256(answer) == keccak256(wanted), "unauthorized");
        bytes memory call = abi.encodeCall(registry.recordEquivocation, ("nobody"));
        vm.prank(address(_proof));
        (done, answer) = address(registry).call(call);
        wanted = abi.encodeWithSelector(IMeterRegistry.UnknownMeter.selector, bytes32("nobody"));
        check(!done && keccak256(answer) == keccak256(wanted), "unknown");
    }

    /* SHORTHAND */

    function _proves(SignedReading memory one, SignedReading memory other) private {
        bytes32 id = one.report.meterId;
        bool active = registry.meter(id).status == IMeterRegistry.MeterStatus.Active;
        vm.expectEmit(address(_proof));
        emit IEquivocationProof.EquivocationProven(
            id,
            stranger,
            one.report.epoch,
            one.sequence,
            other.sequence
        );
        vm.expectEmit(address(registry));
        emit IMeterRegistry.MeterEquivocated(id, one.report.epoch);
        if (active) {
            vm.expectEmit(address(registry));
            emit IMeterRegistry.MeterSuspended(id);
        }
        vm.prank(stranger);
        _proof.prove(one, other);
        check(registry.meter(id).status == IMeterRegistry.MeterStatus.Suspended, "suspended");
        check(registry.meter(id).equivocal, "until a new key or epoch");
    }

    function _agree(SignedReading memory one, SignedReading memory other) private {
        bytes4 agree = IEquivocationProof.NoContradiction.selector;
        _refuses(one, other, abi.encodeWithSelector(agree, HOME, one.sequence, other.sequence));
    }

    function _refuses(SignedReading memory one, SignedReading memory other, bytes memory reason) private {
        IMeterRegistry.MeterStatus before = registry.meter(one.report.meterId).status;
        vm.prank(stranger);
        (bool done, bytes memory answer) = address(_proof).call(abi.encodeCall(_proof.prove, (one, other)));
        check(!done, "the proof is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
        check(registry.meter(one.report.meterId).status == before, "nothing changed");
    }

    function _resumeIsRefused() private {
        (bool done, bytes memory answer) = address(registry).call(abi.encodeCall(registry.resume, (HOME)));
        bytes memory wanted = abi.encodeWithSelector(IMeterRegistry.Equivocal.selector, HOME, 1);
        check(!done && keccak256(answer) == keccak256(wanted), "not resumed");
    }

    function _sign(Report memory report, uint64 sequence) private view returns (SignedReading memory) {
        return DeviceKey.signed(registry, HOMES_KEY, report, sequence);
    }

    function _changed(
        Report memory report,
        uint64 exportWh,
        uint64 importWh,
        uint64 storedWh,
        uint40 later
    ) private pure returns (Report memory) {
        return
            Report({
                meterId: report.meterId,
                exportWh: exportWh,
                importWh: importWh,
                storedWh: storedWh,
                timestamp: report.timestamp + later,
                epoch: report.epoch
            });
    }
}
