import { type Ref, nextTick, watch } from "vue";

/** Keep a modal dialog open while something is chosen. */
export const useDrawer = (dialog: Ref<HTMLDialogElement | undefined>, chosen: () => boolean) =>
  watch(
    chosen,
    async (open) => {
      await nextTick();
      if (open && !dialog.value?.open) dialog.value?.showModal();
      if (!open) dialog.value?.close();
    },
    { immediate: true, flush: "post" },
  );
