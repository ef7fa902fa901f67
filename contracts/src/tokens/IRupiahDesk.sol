// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IDRS for other tokens, at a rate that the issuer posts
/// @notice What comes in goes to the issuer's treasury in the same call; the desk never holds anything.
interface IRupiahDesk {
    /// @param idrsPerToken IDRS base units for 10^`decimals` base units of the token; 0 when none is posted
    /// @param until Last moment at which the rate counts, unix seconds
    /// @param decimals The token's, as they were when the rate was posted
    /// @param remainingIdrs What may yet be bought at this rate, IDRS base units
    struct Rate {
        uint128 idrsPerToken;
        uint40 until;
        uint8 decimals;
        uint128 remainingIdrs;
    }

    event RatePosted(
        address indexed token,
        uint128 idrsPerToken,
        uint40 until,
        uint8 decimals,
        uint128 capIdrs
    );
    event RateWithdrawn(address indexed token);
    /// @notice `payer` paid `amount` base units of `token` to `treasury`, and `account` got the IDRS.
    event RupiahBought(
        address indexed token,
        address indexed payer,
        address indexed account,
        address treasury,
        uint128 amount,
        uint128 idrs
    );
    event TreasuryChanged(address indexed treasury);
    event PauseChanged(bool paused);

    error DeskPaused();
    error NotToken(address token);
    error DecimalsOutOfRange(address token, uint8 decimals, uint8 most);
    error ZeroRate(address token);
    error ZeroCap(address token);
    error RateOutOfTime(address token, uint40 until, uint256 earliest, uint256 latest);
    error NoRate(address token);
    error RateEnded(address token, uint40 until, uint256 blockTime);
    error ZeroPayment(address token);
    error ZeroBuyer();
    error ZeroTreasury();
    error BuysNothing(address token, uint128 amount);
    error LessThanMinimum(address token, uint256 idrs, uint128 minimumIdrs);
    error CapExceeded(address token, uint256 idrs, uint128 remainingIdrs);
    error WrongPayment(address token, uint128 amount, uint256 balanceBefore, uint256 balanceAfter);

    /// @notice Pay `amount` base units of `token`, which the desk must be allowed to take, for IDRS of `account`, in
    ///         base units and rounded down.
    /// @param minimumIdrs Less than this is not bought, IDRS base units: protects from a rate that changed meanwhile
    /// @dev Reverts with `DeskPaused`, `NoRate`, `RateEnded`, `ZeroPayment`, `ZeroBuyer`, `BuysNothing`,
    ///      `LessThanMinimum`, `CapExceeded`, `WrongPayment` when the treasury did not get exactly `amount` (a token
    ///      that takes a fee or calls back, or a treasury that pays itself), or the token's error where balance or
    ///      allowance are short.
    /// @return idrs What was bought, IDRS base units
    function buy(
        address token,
        uint128 amount,
        uint128 minimumIdrs,
        address account
    ) external returns (uint128 idrs);
    /// @notice List `token`, or replace its rate and what may be bought at it. Issuer.
    /// @param idrsPerToken IDRS base units for one whole token
    /// @param until Last moment at which the rate counts, unix seconds; at most `LONGEST_RATE` seconds ahead
    /// @param capIdrs The most that may be bought at this rate, IDRS base units
    /// @dev Reverts with `NotToken` (also for IDRS), `DecimalsOutOfRange`, `ZeroRate`, `ZeroCap` or `RateOutOfTime`.
    function postRate(address token, uint128 idrsPerToken, uint40 until, uint128 capIdrs) external;
    /// @notice Sell nothing more for `token`. Issuer.
    /// @dev Reverts with `NoRate`.
    function withdrawRate(address token) external;
    /// @notice Stop selling, or go on. Guardian.
    function setPaused(bool paused) external;
    /// @notice Name where payments go from now on. Admin.
    /// @dev Reverts with `ZeroTreasury`.
    function setTreasury(address treasury) external;
    /// @notice What is posted for `token`, whether or not it ended.
    function rate(address token) external view returns (Rate memory);
    /// @notice Whether nothing is sold.
    function paused() external view returns (bool);
    /// @notice Where payments go.
    function treasury() external view returns (address);
    /// @notice The longest that a rate may count, seconds.
    // solhint-disable-next-line func-name-mixedcase
    function LONGEST_RATE() external view returns (uint256);
}
