// @ts-check
// The chat page: start every behavior.

import { startAccount } from "./account.js";
import { startAnnouncer } from "./announcer.js";
import { decorate, log } from "./articles.js";
import { startComposer } from "./composer.js";
import { startConversationList } from "./conversation_list.js";
import { startConversationMenu } from "./conversation_menu.js";
import { startConversationOpener } from "./conversation_opener.js";
import { startDrawer } from "./drawer.js";
import { startFailures } from "./failures.js";
import { startFoundMessage } from "./found_message.js";
import { startMessageTools } from "./message_tools.js";
import { startNewConversation } from "./new_conversation.js";
import { startOlderMessages } from "./older_messages.js";
import { startOpenConversation } from "./open_conversation.js";
import { startOtherTabs } from "./other_tabs.js";
import { startQuestions } from "./questions.js";
import { startQuota } from "./quota.js";
import { scrollToEnd, startScrolling } from "./scrolling.js";
import { startSearch } from "./search.js";
import { startTheme } from "./theme.js";
import { removeUnsentOfOthers } from "./unsent.js";
import { startWarmUp } from "./warm_up.js";

removeUnsentOfOthers();
for (const article of log.children) decorate(/** @type {HTMLElement} */ (article));
startScrolling();
scrollToEnd();
startTheme();
startAnnouncer();
startQuota();
startOpenConversation();
startOlderMessages();
startConversationList();
startSearch();
startDrawer();
startConversationMenu();
startConversationOpener();
startAccount();
startNewConversation();
startMessageTools();
startComposer();
startQuestions();
startWarmUp();
startFailures();
startFoundMessage();
startOtherTabs();
