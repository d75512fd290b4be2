import { ref, shallowRef } from "vue";
import { upload } from "@/api/service";
import type { Upload } from "@/api/types";
import { reasonOf } from "./ask";

const current = shallowRef<Upload | null>(null);
const busy = ref(false);
const problem = ref("");

/** The file that was dropped last, until its job begins: the first page takes it, the upload page maps it. */
export function useUpload() {
  async function take(file: File): Promise<boolean> {
    busy.value = true;
    problem.value = "";
    try {
      current.value = await upload(file);
      return true;
    } catch (error) {
      problem.value = reasonOf(error);
      return false;
    } finally {
      busy.value = false;
    }
  }
  const leave = () => {
    current.value = null;
  };
  return { current, busy, problem, take, leave };
}
