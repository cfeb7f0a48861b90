/* Sends one file. XMLHttpRequest, because fetch cannot tell how much of a body has left. Used through api.upload. */

import { ApiError, parsed, seconds } from "./api.js";

export function sendFile(url, file, { headers, credentials, onProgress, signal, name }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, name ?? file.name ?? "file");
    request.open("POST", url);
    for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
    request.withCredentials = credentials === "include";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onload = () => {
      const answer = parsed(request.responseText) ?? {};
      if (request.status < 300) resolve(answer);
      else reject(new ApiError(request.status, answer, seconds(request.getResponseHeader("Retry-After"))));
    };
    request.onerror = () => reject(new ApiError(0));
    request.onabort = () => reject(new ApiError(0, { code: "aborted" }));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
