// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {IOracleCommittee} from "../../../contracts/src/metering/IReporters.sol";
import {MarketFixture} from "../market/MarketFixture.sol";

/// @notice The whole system with a committee of five, quorum three, and one home of 10 kW.
abstract contract AttackFixture is MarketFixture {
    bytes32 internal constant HOME = "home";
    uint32 internal constant WATTS = 10_000;
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);
    address internal constant MALLORY = address(0xBAD);

    IOracleCommittee internal committee;
    uint256[] private _keys;

    function setUp() public virtual {
        deploySystem();
        for (uint256 key = 1; key <= 5; ++key) _keys.push(key * 7919);
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(_keys[j]) < vm.addr(_keys[j - 1]); --j) {
                (_keys[j], _keys[j - 1]) = (_keys[j - 1], _keys[j]);
            }
        }
        committee = deployCommittee();
        addHome(HOME, ALICE);
    }

    function deployCommittee() internal returns (IOracleCommittee deployed) {
        bytes memory arguments = abi.encode(access, converter, members(5), uint8(3));
        deployed = IOracleCommittee(create("OracleCommittee", arguments));
        converter.setReporter(address(deployed), true);
    }

    /// @notice A prosumer's meter of 10 kW.
    function addHome(bytes32 id, address owner) internal {
        addMeter(id, owner, IMeterRegistry.MeterKind.Prosumer, 0);
        registry.setRating(id, WATTS, WATTS);
    }

    /// @notice A report of now in epoch 1.
    function reading(bytes32 id, uint64 exportWh, uint64 importWh) internal view returns (Report memory) {
        return
            Report({
                meterId: id,
                exportWh: exportWh,
                importWh: importWh,
                storedWh: 0,
                timestamp: time(),
                epoch: 1
            });
    }

    /// @notice The committee's path, signed by the first three members.
    function submit(Report memory report) internal {
        Report[] memory reports = new Report[](1);
        reports[0] = report;
        submit(reports);
    }

    function submit(Report[] memory reports) internal {
        committee.submit(reports, type(uint64).max, sign(committee, reports, 3));
    }

    /// @notice Signatures of the first `count` members.
    function sign(
        IOracleCommittee target,
        Report[] memory reports,
        uint256 count
    ) internal view returns (bytes[] memory signatures) {
        bytes32 digest = target.digest(reports, type(uint64).max);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[i], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function members(uint256 count) internal view returns (address[] memory list) {
        list = new address[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = vm.addr(_keys[i]);
    }

    function wait(uint256 elapsed) internal {
        vm.warp(time() + elapsed);
    }

    function debtOf(bytes32 id) internal view returns (uint64 debtWh) {
        (, , debtWh, , , ) = converter.settled(id);
    }

    /// @notice `target` refuses `call` of Mallory with exactly `reason`.
    function repels(address target, bytes memory call, bytes memory reason) internal {
        vm.prank(MALLORY);
        (bool done, bytes memory answer) = target.call(call);
        check(!done, "the attack is refused");
        check(keccak256(answer) == keccak256(reason), "the error says why");
    }
}
