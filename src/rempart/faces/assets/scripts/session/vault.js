// Where this browser keeps its session: token, key pair, current nonce, and who is signed in; and a key of its own.
//
// The private key is one that the browser does not export. A copied profile can still be started elsewhere: then the copy and
// its owner share one nonce, the first to use it leaves the other with a used one, and the session is revoked.
// Never: anything about an insured person.

const DATABASE = "rempart";
const SHELF = "session";
const PLACE = "current";
const DEVICE = "device"; // the key by which sign-ins by Pro Santé Connect know this browser; it outlives the session

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(SHELF);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function perform(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(SHELF, mode, { durability: "strict" });
      const request = act(transaction.objectStore(SHELF));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export function readSession() {
  return perform("readonly", (shelf) => shelf.get(PLACE));
}

export function keepSession(session) {
  return perform("readwrite", (shelf) => shelf.put(session, PLACE));
}

export function forgetSession() {
  return perform("readwrite", (shelf) => shelf.delete(PLACE));
}

export function readDeviceKey() {
  return perform("readonly", (shelf) => shelf.get(DEVICE));
}

export function keepDeviceKey(keyPair) {
  return perform("readwrite", (shelf) => shelf.put(keyPair, DEVICE));
}
