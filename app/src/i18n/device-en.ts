import type { deviceId } from "./device-id.ts";

/** English about an account's devices. */
export const deviceEn: { readonly [K in keyof typeof deviceId]: string } = {
  "finger.startAnother": "Open a new account",
  "finger.startWhy":
    "The fingerprint, face or screen lock of this device opens your account. No password, no wallet, no fee.",
  "finger.find": "I have an account",
  "finger.newDevice": "New device",
  "finger.waits": "This device waits",
  "finger.share": "Send",
  "finger.newDeviceWhy":
    "You have an account already, on another phone or on one that is lost? This device can be added to it.",
  "finger.account": "Your account",
  "finger.accountHint":
    "Its address, which begins with 0x. Your other device shows it under Account; when all are lost, your guardian knows it.",
  "finger.notAccount": "This is no account's address.",
  "finger.otherChain":
    "This is the code of an account on another network. Open the app of this network there.",
  "finger.useDevice": "Use this device",
  "finger.waiting": "This device waits to be added to the account {account}.",
  "finger.waitingOther": "You have another device? Scan this code with it, then agree there.",
  "finger.waitingLost":
    "All devices lost? Send this code to your guardian. Three days after it proposes it, the account is yours again.",
  "finger.keyCode": "Code of the new device",
  "finger.giveUp": "Do not wait",
  "finger.codeTitle": "Show this code to your installer",
  "finger.codeWhy":
    "Your account is ready. With this code the installer registers your meter; then it appears here by itself.",
  "finger.accountCode": "Code of your account",
  "finger.installer": "Show it to the installer here",
  "finger.installing": "The installer registers your meter …",
  "finger.installerAway": "The installer does not answer. Try again.",
  "finger.openTitle": "Your meter {serial} is ready",
  "finger.openWhy": "One touch takes it over. The community pays the fee.",
  "finger.openMoney": "You also get {idrs} to try it with.",
  "finger.guardianAsk": "Who helps if the phone is lost? (can wait)",
  "finger.guardianField": "The guardian's account",
  "finger.guardianHint": "The address of a neighbour or relative whom you trust. It cannot use your account.",
  "finger.notGuardian": "This is no address of somebody else's account.",
  "finger.open": "Take it over with your fingerprint",
  "finger.devices": "Devices",
  "finger.devicesWhy": "Each device opens the account with its own fingerprint.",
  "finger.thisDevice": "This device",
  "finger.device": "Another device",
  "finger.firstDevice": "From the start",
  "finger.addDevice": "Add a device",
  "finger.addFirst": "1. Scan this code with the new device. It then shows a code of its own.",
  "finger.joinCode": "Code for the new device",
  "finger.addThen": "2. Scan that code with this device, or paste it here.",
  "finger.notKeyCode": "This is no device's code for this account.",
  "finger.letIn": "Add the device",
  "finger.letInTitle": "Add this device to your account?",
  "finger.letInWhy":
    "You scanned the code of a new device. It will be able to do all that you can: agree only to a device of your own.",
  "finger.remove": "Remove",
  "finger.removed": "To be removed from {at} on. Until then any device can refuse.",
  "finger.keep": "Keep it",
  "finger.removeNow": "Remove it now",
  "finger.guardian": "Guardian",
  "finger.guardianWhy":
    "When all devices are lost, the guardian brings your account back on a new one. You have three days to refuse. It cannot use your account or money.",
  "finger.guardianNext": "{guardian} becomes the guardian from {at} on. Until then you can refuse.",
  "finger.guardianLeaves": "From {at} on there is no guardian. Until then you can refuse.",
  "finger.guardianKeep": "Keep it as it is",
  "finger.guardianDone": "Complete it",
  "finger.guardianChange": "Change",
  "finger.guardianNone": "No guardian",
  "finger.guardianDay": "Takes effect after a day.",
  "finger.guardianSet": "Name the guardian",
  "finger.recoveryTold":
    "Your guardian wants to give this account to a new device, from {at} on. You did not ask for it? Refuse.",
  "finger.recoveryRefuse": "Refuse",
  "finger.lookedAfter": "Homes that you look after",
  "finger.lookedAfterWhy":
    "You are the guardian of these accounts. If an owner loses all devices, you can bring the account back.",
  "finger.bringBack": "Bring back",
  "finger.bringBackWhy": "Make sure first that the code is the owner's: call or meet them.",
  "finger.recoveryWaits":
    "Proposed. From {at} on the new device opens the account by itself, unless a device refuses.",
  "finger.recoveryDue":
    "Since {at} the new device may open the account, and does so by itself. Where it does not, you can complete it here.",
  "finger.recoveryPropose": "Propose the new device",
  "finger.recoveryComplete": "Complete it",
  "device.lookedAfterTell":
    "Each account's address stands below: who lost the phone types it into the new one, under “New device”.",
  "device.cancel": "Cancel",
  "device.codeEmpty": "Paste or scan the code first.",
  "device.codeCut": "This code is not complete. Copy all of it.",
  "device.unfound":
    "The fingerprint was not given, or this device has no account here yet. Is your old phone lost, or is this your second one? Then add this device to your account.",
  "device.wallet":
    "This is a plain wallet: no device can be added to it. Type the address of the account that your fingerprint opens.",
  "device.absent":
    "There is no account at this address yet. Check the address; if your account is new, scan the code that your other device shows under “Add a device”.",
  "device.addThis": "Add this device",
  "device.removeTitle": "Remove that device?",
  "device.removeOwnTitle": "Remove this device?",
  "device.removeMeans":
    "It can be removed from {at} on. Until then it still opens the account, and any device can refuse.",
  "device.removeOwn":
    "This is the device that you are using. Once it is removed, it does not open the account any more.",
  "device.removeAll":
    "All other devices are to be removed too: none would be left to you. The account keeps only the last of them, and that may be one that is lost.",
  "device.lostGuardian": "Then only your guardian could bring the account back.",
  "device.lostForGood": "You have no guardian: then nobody could bring the account back.",
  "device.newName": "Name of the new account",
  "device.newNameHint": "Can stay empty: then it is called by today's date.",
  "device.nameIt": "Give it a name",
  "device.nameHint":
    "It is kept in this browser, and stands in the codes that you show: a new device learns it. Left empty, the account is called by its address.",
  "device.nameHintWallet":
    "Only you see it: it is kept in this browser. Left empty, the account is called by its address.",
  "device.nameHintOther": "Only you see it: it is kept in this browser. Its owner's name, for example.",
  "device.nameInCode": "It stands in the code above: who reads it sees whose account it is.",
  "device.unnamed": "No name yet",
  "device.calledInCode": "The code calls the account “{name}”. Anybody can write that: ask the owner.",
  "device.isIn": "This device was added. The account opens …",
  "device.waitingAlone":
    "All devices lost? This account has no guardian: only another of its devices can add this one.",
  "device.proposed": "Your guardian has proposed this device. From {at} on it opens the account.",
  "device.proposedThen":
    "Until then a device of the account can refuse it. You may close this page: come back then, and the account opens by itself.",
  "device.otherProposed":
    "Your guardian has proposed another device, for {at}. Is this one the right one? Send your guardian its code again.",
  "device.wasRefused":
    "A device of the account refused this one on {at}. If that was not you, talk with your guardian, then send it this code again.",
  "device.opening": "The wait is over. Your account is being opened …",
  "device.openingElse": "Your guardian can complete it too, under Account.",
  "device.openIt": "Open the account",
  "device.noGuardianTitle": "Do without a guardian?",
  "device.noGuardianMeans": "The guardian goes on {at}. Until then any of your devices can refuse.",
  "device.noGuardianLost":
    "After that nobody can bring the account back: if you lose all devices, the account and all that is in it are lost for good.",
  "device.noGuardianOne":
    "This is your only device. After that nobody can bring the account back: if you lose it, the account and all that is in it are lost for good.",
  "device.addWallet": "Or a wallet as a spare",
  "device.addWalletWhy":
    "A wallet of the usual kind, whose file or words you keep in a safe place. When all devices are lost, it adds a new one at once, without a guardian. Whoever has it can do all that you can: only a wallet of your own.",
  "device.walletField": "The wallet's address",
  "device.addWalletSubmit": "Add the wallet",
  "device.leaveMeans":
    "Your account and what it holds stay as they are. This page shows nothing of it, and tells you nothing, until you choose it again.",
  "device.forget": "Have the meter reader forget me",
  "device.forgetTitle": "Have the meter reader forget this account?",
  "device.forgetMeans":
    "It forgets the name that you gave there, ends your sign-ins on all devices and withdraws the keys of your programs. You can sign in again later.",
  "device.forgetStays":
    "What stands on the blockchain stays for good and for everybody: your meters, what they settled, what you traded. So do the readings of your meters, the commands to them, and the record of who did what.",
  "device.forgetAct": "Forget",
  "device.forgotten": "The meter reader has forgotten this account.",
  "device.spareOpens": "Accounts that this wallet opens",
  "device.spareOpensWhy":
    "It is their spare. Are all devices lost? Make a code on the new device under “New device”, paste it here, and the new device opens the account.",
};
