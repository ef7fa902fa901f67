// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {
    IDeviceReporter,
    IFunctionsReporter,
    IOracleCommittee
} from "../../../contracts/src/metering/IReporters.sol";
import {WrongDeviceSignature} from "../../../contracts/src/metering/SignedReading.sol";
import {EnergyToken} from "../../../contracts/src/tokens/EnergyToken.sol";
import {Router} from "../metering/Router.sol";
import {AttackFixture} from "./AttackFixture.sol";

/// @notice Ways to get tokens for energy that was never exported, or to get out of paying for what was imported.
contract MeteringAttacks is AttackFixture {
    function test_Attack_RegistersFromBeforeTheBaseline() public {
        wait(1);
        Report memory stale = reading(HOME, 900_000, 0);
        stale.timestamp = uint40(START);
        submit(stale);
        submit(reading(HOME, 1_000_000, 0));
        equal(energyToken.totalSupply(), 0, "what a meter counted before its baseline is worth nothing");

        wait(1 hours);
        submit(reading(HOME, 900_000, 0));
        submit(reading(HOME, 1_005_000, 0));
        equal(energyToken.totalSupply(), 5_000, "nor does a smaller register come in between");
    }

    function test_Attack_AReportFromTheFuture() public {
        _baseline();
        wait(1 hours);
        Report memory future = reading(HOME, 240_000, 0);
        future.timestamp = time() + 1 days;
        submit(future);
        equal(energyToken.totalSupply(), 0, "a day ahead allows no day's energy");
        submit(reading(HOME, 5_000, 0));
        equal(energyToken.totalSupply(), 5_000, "and it does not lock the meter out");
    }

    function test_Attack_AReportASecond() public {
        _baseline();
        // 10 kW and ten percent, plus the 2 Wh that every report has free: 5 Wh a second.
        for (uint64 second = 1; second <= 300; ++second) {
            wait(1);
            submit(reading(HOME, 5 * second, 0));
        }
        equal(energyToken.totalSupply(), 0, "the 2 Wh are free once a minute, not once a second");
    }

    function test_Attack_ASubMeterOfTheSameConnection() public {
        IMeterRegistry.Meter memory home = registry.meter(HOME);
        IMeterRegistry.Registration memory second = IMeterRegistry.Registration({
            meterId: "behind-home",
            owner: MALLORY,
            kind: home.kind,
            trust: home.trust,
            connectionPoint: home.connectionPoint,
            exportWatts: WATTS,
            importWatts: WATTS,
            capacityWh: 0,
            creditWh: 0,
            h3Cell: CELL,
            keyX: KEY_X,
            keyY: KEY_Y
        });
        (bool done, ) = address(registry).call(abi.encodeCall(registry.register, (second)));
        check(!done, "one settling meter a connection");

        second.connectionPoint = 0;
        registry.register(second);
        for (uint64 i = 1; i <= 3; ++i) {
            wait(1 hours);
            submit(reading("behind-home", 5_000 * i, 0));
        }
        equal(energyToken.totalSupply(), 0, "a meter that stands at none only monitors");
    }

    function test_Attack_EnergyHiddenInOrdersBeforeABurn() public {
        _baseline();
        wait(1 hours);
        submit(reading(HOME, 5_000, 0));
        approveAll(ALICE);
        vm.prank(ALICE);
        (uint256 orderId, ) = market.placeOrder(Side.Ask, 60_000, 5_000, TimeInForce.GTC, 0);

        wait(1 hours);
        submit(reading(HOME, 5_000, 4_000));
        equal(debtOf(HOME), 4_000, "what cannot be burned is owed");

        vm.prank(ALICE);
        market.cancelOrder(orderId);
        wait(1 hours);
        submit(reading(HOME, 5_000, 4_100));
        equal(debtOf(HOME), 0, "and is burned as soon as it is free again");
        equalBalance(ALICE, 900, 0, "nothing was saved by hiding");

        // Gone for good, the debt is still paid first.
        vm.prank(ALICE);
        market.withdraw(900, 0);
        vm.prank(ALICE);
        energyToken.transfer(BOB, 900);
        wait(1 hours);
        submit(reading(HOME, 5_000, 6_100));
        wait(1 hours);
        submit(reading(HOME, 8_000, 6_100));
        equal(energyToken.balanceOf(ALICE), 1_000, "of 3,000 exported 2,000 repaid");
    }

    function test_Attack_AQuorumLoweredToReviveOldSignatures() public {
        _baseline();
        wait(1 hours);
        Report[] memory reports = new Report[](1);
        reports[0] = reading(HOME, 5_000, 0);
        bytes[] memory two = sign(committee, reports, 2);
        bytes memory call = abi.encodeCall(committee.submit, (reports, type(uint64).max, two));
        repels(
            address(committee),
            call,
            abi.encodeWithSelector(IOracleCommittee.WrongSignatureCount.selector, 2, uint8(3))
        );

        committee.setCommittee(members(3), 2);
        vm.prank(MALLORY);
        (bool done, ) = address(committee).call(call);
        check(
            !done && energyToken.totalSupply() == 0,
            "two signatures of before are none under another quorum"
        );
        committee.submit(reports, type(uint64).max, sign(committee, reports, 2));
        equal(energyToken.totalSupply(), 5_000, "new ones count");
    }

    function test_Attack_ADeviceReportWhileTheCommitteeIsAlive() public {
        IDeviceReporter devices = IDeviceReporter(
            create("DeviceReporter", abi.encode(registry, converter, uint40(1 days)))
        );
        converter.setReporter(address(devices), true);
        _baseline();
        uint40 heard = time();
        wait(1 days - 1);
        bytes memory call = abi.encodeCall(
            devices.submit,
            (reading(HOME, 5_000, 0), 7, bytes32(uint256(1)), bytes32(uint256(1)))
        );
        repels(
            address(devices),
            call,
            abi.encodeWithSelector(IDeviceReporter.NotSilent.selector, HOME, heard + 1 days)
        );
        wait(1);
        repels(address(devices), call, abi.encodeWithSelector(WrongDeviceSignature.selector, HOME));
    }

    function test_Attack_AForgedOrLateFunctionsAnswer() public {
        Router router = new Router();
        IFunctionsReporter functions = IFunctionsReporter(
            create("FunctionsReporter", abi.encode(access, router, registry, converter))
        );
        converter.setReporter(address(functions), true);
        functions.configure("return 0", "https://oracle", "network", 1, 300_000, 60);
        _baseline();
        wait(1 hours);
        bytes32 requestId = functions.requestSettlement(HOME);
        bytes memory answer = abi.encode(reading(HOME, 5_000, 0));

        repels(
            address(functions),
            abi.encodeCall(functions.handleOracleFulfillment, (requestId, answer, "")),
            abi.encodeWithSelector(IFunctionsReporter.OnlyRouter.selector, MALLORY)
        );
        router.answer(functions, 77, answer, "");
        router.answer(functions, uint256(requestId), abi.encode(reading("another-home", 5_000, 0)), "");
        equal(
            energyToken.totalSupply(),
            0,
            "no answer to a request that was not made, nor for another meter"
        );

        wait(1 hours);
        requestId = functions.requestSettlement(HOME);
        wait(1 days);
        functions.dropRequest(HOME);
        router.answer(functions, uint256(requestId), answer, "");
        equal(energyToken.totalSupply(), 0, "a late answer is none");

        requestId = functions.requestSettlement(HOME);
        router.answer(functions, uint256(requestId), answer, "");
        router.answer(functions, uint256(requestId), answer, "");
        equal(energyToken.totalSupply(), 5_000, "and the answer counts once");
    }

    function test_Attack_TheSameBatchPermutedSplitRepeatedAndReplayedElsewhere() public {
        addHome("home-2", BOB);
        addHome("home-3", MALLORY);
        bytes32[3] memory ids = [HOME, bytes32("home-2"), bytes32("home-3")];
        _baseline();
        wait(1);
        Report[] memory batch = new Report[](3);
        for (uint256 i = 0; i < 3; ++i) batch[i] = reading(ids[i], 0, 0);
        submit(batch);
        wait(1 hours);
        for (uint64 i = 0; i < 3; ++i) batch[i] = reading(ids[i], 1_000 * (i + 1), 0);
        bytes[] memory signatures = sign(committee, batch, 3);

        Report[] memory permuted = new Report[](3);
        (permuted[0], permuted[1], permuted[2]) = (batch[2], batch[0], batch[1]);
        vm.prank(MALLORY);
        (bool done, ) = address(committee).call(
            abi.encodeCall(committee.submit, (permuted, type(uint64).max, signatures))
        );
        check(!done, "nobody but the members orders a batch");

        // Split, permuted, whole and again: each home has its energy once.
        submit(batch[1]);
        submit(permuted);
        for (uint256 i = 0; i < 3; ++i) committee.submit(batch, type(uint64).max, signatures);
        for (uint256 i = 0; i < 3; ++i) submit(batch[i]);
        equal(energyToken.balanceOf(ALICE), 1_000, "first");
        equal(energyToken.balanceOf(BOB), 2_000, "second");
        equal(energyToken.balanceOf(MALLORY), 3_000, "third");

        // The same members serve another deployment, on the same chain.
        IOracleCommittee other = deployCommittee();
        wait(1 hours);
        for (uint64 i = 0; i < 3; ++i) batch[i] = reading(ids[i], 2_000 * (i + 1), 0);
        signatures = sign(committee, batch, 3);
        vm.prank(MALLORY);
        (done, ) = address(other).call(abi.encodeCall(other.submit, (batch, type(uint64).max, signatures)));
        check(!done && energyToken.totalSupply() == 6_000, "signatures are for one deployment");
    }

    function test_Attack_AStrangerMintsBurnsOrSettles() public {
        Report[] memory reports = new Report[](1);
        reports[0] = reading(HOME, 5_000, 0);
        repels(
            address(energyToken),
            abi.encodeCall(energyToken.mint, (MALLORY, 1e30)),
            abi.encodeWithSelector(EnergyToken.OnlyConverter.selector, MALLORY)
        );
        repels(
            address(energyToken),
            abi.encodeCall(energyToken.burn, (ALICE, 1)),
            abi.encodeWithSelector(EnergyToken.OnlyConverter.selector, MALLORY)
        );
        bytes memory unauthorized = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            MALLORY
        );
        repels(address(rupiahToken), abi.encodeCall(rupiahToken.deposit, (MALLORY, 1e30, "x")), unauthorized);
        repels(address(converter), abi.encodeCall(converter.setReporter, (MALLORY, true)), unauthorized);
        vm.prank(MALLORY);
        (bool done, ) = address(converter).call(abi.encodeCall(converter.settle, (reports)));
        check(!done, "only reporters settle");
    }

    function _baseline() private {
        wait(1 hours);
        submit(reading(HOME, 0, 0));
    }
}
