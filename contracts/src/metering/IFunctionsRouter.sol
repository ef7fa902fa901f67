// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of Chainlink's Functions router that a consumer calls
interface IFunctionsRouter {
    /// @param data CBOR of what to run, without the outer map
    /// @param dataVersion 1: the encoding of `FunctionsRequest`
    function sendRequest(
        uint64 subscriptionId,
        bytes calldata data,
        uint16 dataVersion,
        uint32 callbackGasLimit,
        bytes32 donId
    ) external returns (bytes32 requestId);
}
