/* localStorage that never throws; memory where it is blocked. */

function usable(kind) {
  try {
    const area = globalThis[kind];
    const probe = "kefu:probe";
    area.setItem(probe, "1");
    area.removeItem(probe);
    return area;
  } catch {
    return null;
  }
}

export function openStore(prefix, kind = "localStorage") {
  const area = usable(kind);
  const memory = new Map();
  return {
    durable: area !== null,
    mirror: null,
    get(key, fallback = null) {
      if (memory.has(key)) return memory.get(key);
      try {
        const raw = area === null ? null : area.getItem(prefix + key);
        return raw === null ? fallback : JSON.parse(raw);
      } catch {
        return fallback;
      }
    },
    set(key, value) {
      try {
        if (area !== null) {
          area.setItem(prefix + key, JSON.stringify(value));
          memory.delete(key);
          return true;
        }
      } catch {
        /* quota or a policy that changed under us: memory below */
      }
      memory.set(key, value);
      this.mirror?.(key, value);
      return false;
    },
    restore(key, value) {
      memory.set(key, value);
    },
    remove(key) {
      if (memory.delete(key)) this.mirror?.(key, null);
      try {
        area?.removeItem(prefix + key);
      } catch {
        /* nothing was kept there */
      }
    },
    keys() {
      const found = new Set(memory.keys());
      try {
        for (let i = 0; area !== null && i < area.length; i += 1) {
          const key = area.key(i);
          if (key.startsWith(prefix)) found.add(key.slice(prefix.length));
        }
      } catch {
        /* blocked: only memory */
      }
      return [...found];
    },
  };
}
