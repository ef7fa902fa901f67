// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Accounts} from "./Accounts.sol";
import {IAccounts, IEnergyMarket, IOfferBoard} from "./IEnergyMarket.sol";
import {Modules} from "./Modules.sol";
import {OfferBoard} from "./OfferBoard.sol";
import {OrderBook} from "./OrderBook.sol";

/// @title The energy market: balances, order book and offer board in one contract
/// @notice The access manager decides who may pause and set the minimum price. Nobody moves another's balance at will:
///         fills, deliveries and refunds do as agreed, the converter burns free energy for metered import, and a module
///         takes and gives for accounts that have authorised it.
contract EnergyMarket is IEnergyMarket, OrderBook, OfferBoard, Modules, AccessManaged, Multicall {
    /// @param boardPaused_ The offer board starts paused where energy trading is not enabled
    constructor(
        address accessManager,
        address registry_,
        address converter_,
        address energyToken_,
        address rupiahToken_,
        uint40 minimumPrice_,
        bool boardPaused_
    )
        Accounts(converter_, energyToken_, rupiahToken_)
        OfferBoard(registry_, minimumPrice_)
        AccessManaged(accessManager)
    {
        if (boardPaused_) _setPaused(false, true);
    }

    /// @inheritdoc IEnergyMarket
    function setPaused(bool bookPaused, bool boardPaused) external restricted {
        _setPaused(bookPaused, boardPaused);
    }

    /// @inheritdoc IOfferBoard
    function setMinimumPrice(uint40 price) external restricted {
        _setMinimumPrice(price);
    }

    /// @inheritdoc IAccounts
    function multicall(
        bytes[] calldata calls
    ) public override(IAccounts, Multicall) returns (bytes[] memory) {
        return super.multicall(calls);
    }

    /// @inheritdoc IEnergyMarket
    function paused() external view returns (bool bookPaused, bool boardPaused) {
        return (_bookPaused, _boardPaused());
    }

    /// @inheritdoc IEnergyMarket
    function energyToken() external view returns (address) {
        return address(_energyToken);
    }

    /// @inheritdoc IEnergyMarket
    function rupiahToken() external view returns (address) {
        return address(_rupiahToken);
    }

    /// @inheritdoc IEnergyMarket
    function converter() external view returns (address) {
        return _converter;
    }

    /// @inheritdoc IEnergyMarket
    function registry() external view returns (address) {
        return address(_registry);
    }

    function _setPaused(bool bookPaused, bool boardPaused) private {
        _bookPaused = bookPaused;
        _setBoardPaused(boardPaused);

        emit PauseChanged(bookPaused, boardPaused);
    }
}
