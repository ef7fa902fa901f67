// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFunctionsRouter} from "../../../contracts/src/metering/IFunctionsRouter.sol";
import {IFunctionsReporter} from "../../../contracts/src/metering/IReporters.sol";

/// @dev Takes requests as Chainlink's router does, and answers when the test says so.
contract Router is IFunctionsRouter {
    bytes public data;
    bytes32 public terms;
    uint256 public requests;

    function sendRequest(
        uint64 subscriptionId,
        bytes calldata data_,
        uint16 dataVersion,
        uint32 callbackGasLimit,
        bytes32 donId
    ) external returns (bytes32) {
        data = data_;
        terms = keccak256(abi.encode(subscriptionId, dataVersion, callbackGasLimit, donId));
        return bytes32(++requests);
    }

    function answer(
        IFunctionsReporter consumer,
        uint256 id,
        bytes memory response,
        bytes memory err
    ) external {
        consumer.handleOracleFulfillment(bytes32(id), response, err);
    }
}
