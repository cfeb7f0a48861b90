/* blobs.js: files that wait to be uploaded, kept over a reload (IndexedDB; memory where that is blocked).
 *   await putBlob(key, file)   await getBlob(key) -> Blob | null   await dropBlob(key) */

const memory = new Map();
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
  memory.set(key, blob);
  await run("readwrite", (blobs) => blobs.put(blob, key));
}

export async function getBlob(key) {
  return memory.get(key) ?? (await run("readonly", (blobs) => blobs.get(key)));
}

export async function dropBlob(key) {
  memory.delete(key);
  await run("readwrite", (blobs) => blobs.delete(key));
}
