import type { bankId } from "./bank-id.ts";

/** English that only what goes to and comes from the bank says. */
export const bankEn: { readonly [K in keyof typeof bankId]: string } = {
  "wallet.payOutElsewhere":
    "Payouts come from the wallet. {amount} lie in the trading balance: withdraw them to the wallet first.",
  "wallet.payOutReview": "Check payout",
  "wallet.payOutSubmit": "Pay out to bank",
  "wallet.payOutCode": "Your payout code",
  "wallet.payOutCodeWhy":
    "Tell it once to the bank that keeps the rupiah behind your balance, with the number of your bank account: who runs your community says which bank that is and how to reach it. By this code the bank knows that the payout is yours. Each of your devices has a code of its own.",
  "wallet.transferHint":
    "Transfer to the issuer's bank with the reference {address}. The balance appears once the money has arrived.",
  "wallet.faucetHint": "Test network: play rupiah for free, at most {most} at a time.",
  "wallet.whichBank": "Which bank",
  "wallet.bankAccount": "Bank account",
  "wallet.holder": "Name on the account",
  "wallet.holderIs": "in the name of {name}",
  "wallet.nameLength": "2 to {most} characters.",
  "wallet.payOutTo": "Goes to",
  "wallet.bankAccountDigits": "6 to 20 digits.",
  "wallet.staysInWallet": "Stays in the wallet",
  "wallet.payOutCodeSigns":
    "0 is always the digit zero and 1 the digit one: no code has the letters O, I, L or U.",
  "wallet.payOutSeen": "As with every payment here, others can see the amount, never the bank account.",
};
