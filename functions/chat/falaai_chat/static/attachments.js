// @ts-check
// Everything that works with files. The chat page loads this at the first file (attaching.js).
import "./chat.js";

import { openViewer } from "./attachment_viewer.js";
import { showDraftFiles, startDraftFileList } from "./draft_file_list.js";
import { startRecording } from "./recorder.js";
import { upload } from "./uploads.js";

export const attachments = {
  start() {
    startDraftFileList();
    showDraftFiles();
  },
  upload,
  openViewer,
  startRecording,
};
