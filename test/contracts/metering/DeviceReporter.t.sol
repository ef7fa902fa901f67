// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEnergyConverter, Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {IDeviceReporter} from "../../../contracts/src/metering/IReporters.sol";
import {HighS, SignedReading, WrongDeviceSignature} from "../../../contracts/src/metering/SignedReading.sol";
import {DeviceKey} from "./DeviceKey.sol";
import {MeteringFixture} from "./MeteringFixture.sol";

/// @notice The branches of DeviceReporter.tree. `device.test.ts` tries the same with signatures by OpenSSL.
contract DeviceReporterTest is MeteringFixture {
    uint256 private constant HOMES_KEY = 1;
    uint40 private constant SILENCE = 1 days;

    IDeviceReporter private _devices;
    uint40 private _heardAt;

    function setUp() public override {
        super.setUp();
        _devices = IDeviceReporter(create("DeviceReporter", abi.encode(registry, converter, SILENCE)));
        converter.setReporter(address(_devices), true);
        pass(HOUR);
        submit(reading(HOME, 0, 0));
        _heardAt = uint40(clock);
    }

    function test_AfterTheSilence_WhoeverSubmitsIt_ItSettles() public {
        pass(SILENCE - 1);
        _refuses(_sign(reading(HOME, 500, 100), 7), _notSilent(_heardAt + SILENCE));
        pass(1);
        SignedReading memory own = _sign(reading(HOME, 500, 100), 7);
        vm.expectEmit(address(_devices));
        emit IDeviceReporter.DeviceReadingSubmitted(HOME, stranger, 7);
        _submit(own);
        equal(exportOf(HOME), 500, "settled");
        equal(energyToken.balanceOf(owner), 400, "to the meter's owner");
        check(_devices.isFallback(), "it settles what somebody asks for");
        equal(_devices.silence(), SILENCE, "how long");
    }

    /// @dev Attack: whoever holds an earlier reading submits it first, and the owner's latest waits for another day.
    function test_Attack_AnEarlierOwnReadingHoldsUpNoLaterOne() public {
        pass(SILENCE);
        equal(_devices.allowedAt(HOME), _heardAt + SILENCE, "from now on");
        Report memory earlier = reading(HOME, 400, 0);
        earlier.timestamp -= 600;
        _submit(_sign(earlier, 7));
        _submit(_sign(reading(HOME, 500, 0), 8));
        equal(exportOf(HOME), 500, "both");
        pass(60);
        _submit(_sign(reading(HOME, 501, 0), 9));
        equal(_devices.allowedAt(HOME), _heardAt + SILENCE, "and so on");
    }

    function test_AnotherReporterEndsTheSilence() public {
        pass(SILENCE);
        _submit(_sign(reading(HOME, 500, 0), 7));
        settleAfterHour(HOME, 600, 0);
        uint256 heardAt = clock;
        pass(HOUR);
        _refuses(_sign(reading(HOME, 700, 0), 8), _notSilent(heardAt + SILENCE));
        equal(_devices.allowedAt(HOME), heardAt + SILENCE, "a day later");
        pass(SILENCE);
        _submit(_sign(reading(HOME, 700, 0), 8));
    }

    function test_SilenceBeginsWithTheEpoch_OrWhenTheMeterIsActive() public {
        pass(SILENCE);
        _submit(_sign(reading(HOME, 500, 0), 7));
        pass(HOUR);
        Report memory closing = reading(HOME, 500, 0);
        declareEpoch(HOME, closing);
        uint256 declaredAt = clock;
        pass(60);
        Report memory next = reading(HOME, 0, 0);
        equal(next.epoch, 2, "a new epoch");
        _refuses(_sign(next, 8), _notSilent(declaredAt + SILENCE));
        registry.setActivationDelay(2 days);
        IMeterRegistry.Registration memory late = registration("home-late", owner);
        install(late);
        equal(_devices.allowedAt("home-late"), clock + 2 days + SILENCE, "not before it is active");
    }

    function test_RevertsWhen_ItIsNotTheMetersOwn() public {
        pass(SILENCE);
        Report memory report = reading(HOME, 500, 100);
        SignedReading memory own = _sign(report, 7);
        own.sequence = 8;
        _refuses(own, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
        own = _sign(report, 7);
        ++own.report.exportWh;
        _refuses(own, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
        own = DeviceKey.signed(registry, 2, report, 7);
        _refuses(own, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
        own = _sign(report, 7);
        own.s = bytes32(DeviceKey.ORDER - uint256(own.s));
        _refuses(own, abi.encodeWithSelector(HighS.selector, own.s));
    }

    function test_RevertsWhen_TheMeterIsNotOfTheHighestTrust() public {
        pass(SILENCE);
        registry.setTrust(HOME, IMeterRegistry.TrustClass.B);
        _refuses(
            _sign(reading(HOME, 500, 0), 7),
            abi.encodeWithSelector(IDeviceReporter.NotHighestTrust.selector, HOME)
        );
    }

    function test_RevertsWhen_TheConverterWouldSkipIt() public {
        pass(SILENCE);
        Report memory report = reading(HOME, 500, 0);
        report.timestamp += 121;
        _refuses(_sign(report, 7), _rejected(IEnergyConverter.SkipReason.Future));
        _submit(_sign(reading(HOME, 500, 0), 7));
        _refuses(_sign(reading(HOME, 500, 0), 7), _rejected(IEnergyConverter.SkipReason.Stale));
    }

    function test_Digest_IsWhatTheDeviceSigns() public view {
        Report memory report = reading(HOME, 500, 100);
        equal(
            uint256(_devices.readingDigest(report, 7)),
            uint256(DeviceKey.digest(block.chainid, registry, report, 7)),
            "of this chain and registry"
        );
    }

    /* SHORTHAND */

    function _sign(Report memory report, uint64 sequence) private view returns (SignedReading memory) {
        return DeviceKey.signed(registry, HOMES_KEY, report, sequence);
    }

    function _submit(SignedReading memory own) private {
        vm.prank(stranger);
        _devices.submit(own.report, own.sequence, own.r, own.s);
    }

    function _refuses(SignedReading memory own, bytes memory reason) private {
        bytes memory call = abi.encodeCall(_devices.submit, (own.report, own.sequence, own.r, own.s));
        vm.prank(stranger);
        (bool done, bytes memory answer) = address(_devices).call(call);
        check(!done, "the reading is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
    }

    function _notSilent(uint256 allowedAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDeviceReporter.NotSilent.selector, HOME, allowedAt);
    }

    function _rejected(IEnergyConverter.SkipReason reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDeviceReporter.ReadingRejected.selector, HOME, reason);
    }
}
