/* Files that wait to be uploaded, kept over a reload (IndexedDB; where that is blocked, the page itself holds them while it lives). */

let opening = null;

function open() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open("kefu", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("blobs");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

async function run(mode, act) {
  const base = await open();
  if (base === null) return null;
  return new Promise((resolve) => {
    try {
      const transaction = base.transaction("blobs", mode);
      const request = act(transaction.objectStore("blobs"));
      transaction.oncomplete = () => resolve(request.result ?? null);
      transaction.onerror = () => resolve(null);
      transaction.onabort = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

export async function putBlob(key, blob) {
  await run("readwrite", (blobs) => blobs.put(blob, key));
}

export async function getBlob(key) {
  return run("readonly", (blobs) => blobs.get(key));
}

export async function dropBlob(key) {
  await run("readwrite", (blobs) => blobs.delete(key));
}
